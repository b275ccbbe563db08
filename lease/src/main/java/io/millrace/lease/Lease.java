package io.millrace.lease;

import io.millrace.checkpoint.Checkpoint;
import java.util.Collections;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * One lease row, as it was read.
 *
 * @param key which shard
 * @param owner who holds it, exactly as the row says: a {@link SessionId} or, when another library
 *     wrote it, anything; null if nobody
 * @param counter the fencing token: it rises by one at every change of ownership
 * @param checkpoint the resume point
 * @param pending a prepared checkpoint that was not committed; null if none
 * @param startAtMillis what {@code AT_TIMESTAMP} means on this row, in epoch milliseconds; null if
 *     the row does not say
 * @param parents the shards that must be finished first; empty if there are none
 * @param children the shards that follow, as far as known
 * @param hashKeyRange null if the row does not say (rows of old KCL versions)
 * @param endedAtMillis when {@code SHARD_END} was written, in epoch milliseconds of its writer;
 *     null if not, or not known
 * @param heir to whom the owner has announced a hand-off; null if to nobody
 * @param ownerSwitchesSinceCheckpoint how often ownership changed since the last checkpoint
 */
public record Lease(
    LeaseKey key,
    String owner,
    long counter,
    Checkpoint checkpoint,
    PendingCheckpoint pending,
    Long startAtMillis,
    SortedSet<LeaseKey> parents,
    SortedSet<LeaseKey> children,
    HashKeyRange hashKeyRange,
    Long endedAtMillis,
    SessionId heir,
    long ownerSwitchesSinceCheckpoint) {

  public Lease {
    Objects.requireNonNull(key);
    Objects.requireNonNull(checkpoint);
    if (counter < 0 || ownerSwitchesSinceCheckpoint < 0) {
      throw new IllegalArgumentException(
          "counter and ownerSwitchesSinceCheckpoint of "
              + key
              + " are not negative: "
              + counter
              + ", "
              + ownerSwitchesSinceCheckpoint);
    }
    parents = Collections.unmodifiableSortedSet(new TreeSet<>(parents));
    children = Collections.unmodifiableSortedSet(new TreeSet<>(children));
  }

  /** A lease that nobody has held yet. */
  public static Lease unowned(
      LeaseKey key,
      Checkpoint checkpoint,
      OptionalLong startAtMillis,
      SortedSet<LeaseKey> parents,
      HashKeyRange hashKeyRange) {
    return new Lease(
        key,
        null,
        0,
        checkpoint,
        null,
        startAtMillis.isPresent() ? startAtMillis.getAsLong() : null,
        parents,
        Collections.emptySortedSet(),
        hashKeyRange,
        null,
        null,
        0);
  }

  public boolean isFinished() {
    return checkpoint.isShardEnd();
  }

  /**
   * Whether a claim that knows what {@code LATEST} and {@code AT_TIMESTAMP} mean has to say so on
   * this row: it holds one of them without a time. A time that the row has is never replaced.
   */
  public boolean isResolvedBy(OptionalLong resolvedMillis) {
    return resolvedMillis.isPresent()
        && switch (checkpoint.position()) {
          case LATEST -> true;
          case AT_TIMESTAMP -> startAtMillis == null;
          case TRIM_HORIZON, RECORD, SHARD_END -> false;
        };
  }

  public boolean isOwnedBy(SessionId session) {
    return session.value().equals(owner);
  }

  /** The owning session; empty if nobody owns the lease or the owner is no session of ours. */
  public Optional<SessionId> ownerSession() {
    return owner == null ? Optional.empty() : SessionId.parse(owner);
  }

  /** Whether another library's worker is named as the owner. */
  public boolean isForeignOwned() {
    return owner != null && SessionId.parse(owner).isEmpty();
  }

  /** The proof of ownership that goes with every write of the owner. */
  public HeldLease heldBy(SessionId session) {
    return new HeldLease(key, session, counter);
  }
}
