package io.millrace.lease.dynamodb;

import static io.millrace.lease.dynamodb.Update.number;
import static io.millrace.lease.dynamodb.Update.text;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.HeldLease;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.PendingCheckpoint;
import io.millrace.lease.SessionId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Lease rows: how they are read, and the update behind each operation on them. Pure. */
final class LeaseItems {

  static final String KEY = "leaseKey";
  static final String ENTITY_TYPE = "entityType";

  static final String OWNER = "leaseOwner";
  static final String COUNTER = "leaseCounter";
  static final String OWNER_SWITCHES = "ownerSwitchesSinceCheckpoint";
  static final String CHECKPOINT = "checkpoint";
  static final String SUB_SEQUENCE = "checkpointSubSequenceNumber";
  static final String PENDING = "pendingCheckpoint";
  static final String PENDING_SUB_SEQUENCE = "pendingCheckpointSubSequenceNumber";
  static final String PENDING_STATE = "pendingCheckpointState";
  static final String PARENTS = "parentShardId";
  static final String CHILDREN = "childShardIds";
  static final String START_HASH_KEY = "startingHashKey";
  static final String END_HASH_KEY = "endingHashKey";
  static final String STREAM_NAME = "streamName";
  static final String SHARD_ID = "shardId";

  /** KCL 3's mark of a pending hand-off. */
  static final String CHECKPOINT_OWNER = "checkpointOwner";

  static final String START_AT = "startAtMillis";
  static final String ENDED_AT = "endedAtMillis";
  static final String HEIR = "heir";

  private static final String A_CHECKPOINT =
      "a sequence number, TRIM_HORIZON, LATEST, AT_TIMESTAMP or SHARD_END";

  private LeaseItems() {}

  // ---- reading

  /** Rows of other kinds say so, or have a key that no lease has. */
  static boolean isLease(Map<String, AttributeValue> item) {
    AttributeValue key = item.get(KEY);
    AttributeValue type = item.get(ENTITY_TYPE);
    return (key == null || key.s() == null || !key.s().startsWith("$"))
        && (type == null || "LEASE".equals(type.s()));
  }

  /**
   * @throws UnreadableRowException if an attribute is missing or wrong
   */
  static Lease read(Map<String, AttributeValue> item) {
    Attributes row = Attributes.of(item);
    LeaseKey key = key(row);
    Optional<Checkpoint> pending = checkpoint(row, PENDING, PENDING_SUB_SEQUENCE);
    return new Lease(
        key,
        row.optionalString(OWNER, "the owner's name").orElse(null),
        row.number(COUNTER, 0, Long.MAX_VALUE),
        checkpoint(row, CHECKPOINT, SUB_SEQUENCE)
            .orElseThrow(() -> row.missing(CHECKPOINT, A_CHECKPOINT + " (S)")),
        pending.map(p -> new PendingCheckpoint(p, row.bytes(PENDING_STATE))).orElse(null),
        row.optionalNumber(START_AT, Long.MIN_VALUE, Long.MAX_VALUE).orElse(null),
        keys(row, key, PARENTS),
        keys(row, key, CHILDREN),
        range(row),
        row.optionalNumber(ENDED_AT, Long.MIN_VALUE, Long.MAX_VALUE).orElse(null),
        heir(row),
        row.optionalNumber(OWNER_SWITCHES, 0, Long.MAX_VALUE).orElse(0L));
  }

  private static LeaseKey key(Attributes row) {
    String key = row.string(KEY, "a shard id");
    try {
      return LeaseKey.of(key);
    } catch (IllegalArgumentException e) {
      throw row.wrong(KEY, "a shard id");
    }
  }

  private static Optional<Checkpoint> checkpoint(Attributes row, String text, String sub) {
    Optional<String> value = row.optionalString(text, A_CHECKPOINT);
    long subSequence = row.optionalNumber(sub, 0, Long.MAX_VALUE).orElse(0L);
    try {
      return value.map(v -> Checkpoint.parse(v, subSequence));
    } catch (IllegalArgumentException e) {
      throw row.wrong(text, A_CHECKPOINT);
    }
  }

  private static HashKeyRange range(Attributes row) {
    String expected = "a hash key in decimal digits";
    if (!row.has(START_HASH_KEY) && !row.has(END_HASH_KEY)) {
      return null;
    }
    String start = row.string(START_HASH_KEY, expected);
    String end = row.string(END_HASH_KEY, expected);
    try {
      return HashKeyRange.of(start, end);
    } catch (IllegalArgumentException e) {
      throw row.wrong(
          START_HASH_KEY, expected + ", not above '" + end + "' in " + END_HASH_KEY + ", and so");
    }
  }

  private static SessionId heir(Attributes row) {
    Optional<String> heir = row.optionalString(HEIR, "a session id");
    if (heir.isEmpty()) {
      return null;
    }
    return SessionId.parse(heir.get()).orElseThrow(() -> row.wrong(HEIR, "a session id"));
  }

  /**
   * In a multi-stream table these sets hold shard ids, not lease keys; the stream is that of the
   * row itself.
   */
  private static SortedSet<LeaseKey> keys(Attributes row, LeaseKey of, String name) {
    String stream = of.streamPrefix();
    SortedSet<LeaseKey> keys = new TreeSet<>();
    for (String id : row.strings(name)) {
      try {
        keys.add(LeaseKey.of(id.startsWith(stream) ? id : stream + id));
      } catch (IllegalArgumentException e) {
        throw row.wrong(name, "a set of shard ids");
      }
    }
    return keys;
  }

  // ---- writing

  static Update create(Lease lease) {
    Update update =
        Update.of(lease.key().value())
            .whenAbsent(KEY)
            .set(COUNTER, number(lease.counter()))
            .set(OWNER_SWITCHES, number(lease.ownerSwitchesSinceCheckpoint()));
    if (lease.owner() != null) {
      update.set(OWNER, text(lease.owner()));
    }
    setCheckpoint(update, lease.checkpoint());
    if (lease.pending() != null) {
      setPending(update, lease.pending());
    }
    setNumber(update, START_AT, lease.startAtMillis());
    setNumber(update, ENDED_AT, lease.endedAtMillis());
    setKeys(update, PARENTS, lease.key(), lease.parents());
    setKeys(update, CHILDREN, lease.key(), lease.children());
    if (lease.hashKeyRange() != null) {
      update
          .set(START_HASH_KEY, text(lease.hashKeyRange().start().toString()))
          .set(END_HASH_KEY, text(lease.hashKeyRange().end().toString()));
    }
    if (lease.heir() != null) {
      update.set(HEIR, text(lease.heir().value()));
    }
    String stream = lease.key().streamPrefix();
    if (!stream.isEmpty()) {
      update
          .set(STREAM_NAME, text(stream.substring(0, stream.length() - 1)))
          .set(SHARD_ID, text(lease.key().value().substring(stream.length())));
    }
    return update;
  }

  static Update claim(Lease seen, SessionId claimant, OptionalLong startAtMillis) {
    Update update = Update.of(seen.key().value());
    if (seen.owner() == null) {
      update.whenAbsent(OWNER);
    } else {
      update.whenEqual(OWNER, text(seen.owner()));
    }
    update
        .whenEqual(COUNTER, number(seen.counter()))
        .when(update.path(CHECKPOINT) + " <> " + update.value(text(Checkpoint.SHARD_END.text())));
    changeOwner(update, seen.owner(), seen.counter(), claimant.value());
    update.remove(CHECKPOINT_OWNER);
    if (seen.isResolvedBy(startAtMillis)) {
      whenCheckpoint(update, seen.checkpoint());
      setCheckpoint(update, Checkpoint.AT_TIMESTAMP);
      update.set(START_AT, number(startAtMillis.getAsLong()));
    }
    return update;
  }

  static Update checkpoint(HeldLease held, Checkpoint previous, Checkpoint next) {
    Update update = whenCheckpoint(whenHeld(held), previous);
    setCheckpoint(update, next);
    return update
        .set(OWNER_SWITCHES, number(0))
        .remove(PENDING, PENDING_SUB_SEQUENCE, PENDING_STATE);
  }

  static Update prepare(
      HeldLease held,
      Checkpoint previous,
      PendingCheckpoint previousPending,
      PendingCheckpoint pending) {
    Update update = whenPending(whenCheckpoint(whenHeld(held), previous), previousPending);
    setPending(update, pending);
    return pending.state() == null ? update.remove(PENDING_STATE) : update;
  }

  private static Update whenPending(Update update, PendingCheckpoint pending) {
    if (pending == null) {
      return update.whenAbsent(PENDING);
    }
    update.whenEqual(PENDING, text(pending.checkpoint().text()));
    // a row that another library prepared may leave out a sub-sequence number of 0
    String sub = update.path(PENDING_SUB_SEQUENCE);
    update.when(
        sub
            + " = "
            + update.value(number(pending.checkpoint().subSequenceNumber()))
            + (pending.checkpoint().subSequenceNumber() == 0
                ? " OR attribute_not_exists(" + sub + ")"
                : ""));
    return pending.state() == null
        ? update.whenAbsent(PENDING_STATE)
        : update.whenEqual(
            PENDING_STATE, AttributeValue.fromB(SdkBytes.fromByteArray(pending.state())));
  }

  static Update endShard(
      HeldLease held, Checkpoint previous, SortedSet<LeaseKey> children, long endedAtMillis) {
    Update update = checkpoint(held, previous, Checkpoint.SHARD_END);
    setKeys(update, CHILDREN, held.key(), children);
    return update.set(ENDED_AT, number(endedAtMillis));
  }

  static Update announce(HeldLease held, SessionId heir) {
    return whenHeld(held).set(HEIR, text(heir.value()));
  }

  static Update handOff(HeldLease held, Optional<SessionId> successor) {
    Update update = whenHeld(held);
    changeOwner(
        update, held.owner().value(), held.token(), successor.map(SessionId::value).orElse(null));
    return update;
  }

  private static Update whenHeld(HeldLease held) {
    return Update.of(held.key().value())
        .whenEqual(OWNER, text(held.owner().value()))
        .whenEqual(COUNTER, number(held.token()));
  }

  /** A row may lack the sub-sequence number, which then is 0; a sentinel has none that counts. */
  private static Update whenCheckpoint(Update update, Checkpoint previous) {
    update.whenEqual(CHECKPOINT, text(previous.text()));
    if (previous.isRecord()) {
      String equal =
          update.path(SUB_SEQUENCE) + " = " + update.value(number(previous.subSequenceNumber()));
      update.when(
          previous.subSequenceNumber() == 0
              ? equal + " OR attribute_not_exists(" + update.path(SUB_SEQUENCE) + ")"
              : equal);
    }
    return update;
  }

  /** Every change of ownership raises the token; only one from owner to owner is a switch. */
  private static void changeOwner(Update update, String owner, long counter, String next) {
    update.set(COUNTER, number(counter + 1)).remove(HEIR);
    if (next == null) {
      update.remove(OWNER);
    } else {
      update.set(OWNER, text(next));
    }
    if (owner != null && next != null && !Objects.equals(owner, next)) {
      update.add(OWNER_SWITCHES, 1);
    }
  }

  private static void setCheckpoint(Update update, Checkpoint checkpoint) {
    update
        .set(CHECKPOINT, text(checkpoint.text()))
        .set(SUB_SEQUENCE, number(checkpoint.subSequenceNumber()));
  }

  private static void setPending(Update update, PendingCheckpoint pending) {
    update
        .set(PENDING, text(pending.checkpoint().text()))
        .set(PENDING_SUB_SEQUENCE, number(pending.checkpoint().subSequenceNumber()));
    byte[] state = pending.state();
    if (state != null) {
      update.set(PENDING_STATE, AttributeValue.fromB(SdkBytes.fromByteArrayUnsafe(state)));
    }
  }

  private static void setNumber(Update update, String name, Long value) {
    if (value != null) {
      update.set(name, number(value));
    }
  }

  /** DynamoDB has no empty sets. */
  private static void setKeys(Update update, String name, LeaseKey of, Collection<LeaseKey> keys) {
    if (!keys.isEmpty()) {
      String stream = of.streamPrefix();
      List<String> ids =
          keys.stream()
              .map(LeaseKey::value)
              .map(id -> id.startsWith(stream) ? id.substring(stream.length()) : id)
              .toList();
      update.set(name, AttributeValue.fromSs(ids));
    }
  }
}
