package io.millrace.simulation;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.engine.ShardStart;
import io.millrace.kcl.lineage.Lineage;
import io.millrace.lease.Application;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.HeldLease;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseScan;
import io.millrace.lease.LeaseStore;
import io.millrace.lease.LeaseStore.BeatResult;
import io.millrace.lease.LeaseStore.DeleteResult;
import io.millrace.lease.LeaseStore.ExpireResult;
import io.millrace.lease.LeaseStore.JoinResult;
import io.millrace.lease.LeaseStore.OwnerResult;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionPage;
import io.millrace.lease.memory.MemoryLeaseStore;
import io.millrace.simulation.SimulatedStream.Entry;
import io.millrace.simulation.SimulatedStream.ShardState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.function.BiPredicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

// The only place that sees everything at once: every write at the moment it takes effect, and every
// record at the moment a processor has processed it. Each is judged there and then, against the
// rules of DESIGN.md's sections 4 and 10, and never by asking a worker what it thinks.
/** The table and the stream as they really are, and the safety rules. */
final class Truth {

  private static final String FOREIGN_WORKER = "a-worker-of-another-library";

  /** A third of ten seconds, which is the Kinesis Client Library's failover time. */
  private static final long FOREIGN_RENEWAL_MILLIS = 3_300;

  private final MemoryLeaseStore rows = new MemoryLeaseStore();
  private final LeaseStore table;
  private final SimulatedStream stream;
  private final Journal journal;
  private final Map<String, String> ownerOfToken = new HashMap<>();
  private final SortedMap<LeaseKey, Integer> incarnations = new TreeMap<>();
  private final SortedSet<LeaseKey> tampered = new TreeSet<>();
  private final SortedSet<LeaseKey> gapsReported = new TreeSet<>();
  private Long startAtMillis;
  private boolean initialised;
  private boolean coverageBroken;
  private long lastOwnerChange;
  private final VirtualTime time;
  private final BiPredicate<String, SessionId> isSessionOf;

  Truth(
      VirtualTime time,
      SimulatedStream stream,
      Journal journal,
      BiPredicate<String, SessionId> isSessionOf,
      UnaryOperator<LeaseStore> mutation) {
    this.time = time;
    this.stream = stream;
    this.journal = journal;
    this.isSessionOf = isSessionOf;
    this.table = mutation.apply(rows);
  }

  /** What answers requests. */
  LeaseStore table() {
    return table;
  }

  /** The rows themselves. */
  MemoryLeaseStore rows() {
    return rows;
  }

  private static <T> T now(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private static boolean failed(CompletionStage<?> stage) {
    return stage.toCompletableFuture().isCompletedExceptionally();
  }

  Optional<Lease> row(LeaseKey key) {
    CompletionStage<Optional<Lease>> read = rows.readLease(key);
    return failed(read) ? Optional.empty() : now(read);
  }

  List<Lease> leases() {
    CompletionStage<LeaseScan> scan = rows.scan();
    return failed(scan) ? List.of() : now(scan).leases();
  }

  boolean isInPage(SessionId id) {
    CompletionStage<Optional<SessionPage>> read = rows.readPage(id.page());
    return !failed(read) && now(read).filter(p -> p.session(id).isPresent()).isPresent();
  }

  private OptionalLong beatOf(SessionId id) {
    CompletionStage<Optional<SessionPage>> read = rows.readPage(id.page());
    return failed(read)
        ? OptionalLong.empty()
        : now(read)
            .flatMap(p -> p.session(id))
            .map(session -> OptionalLong.of(session.beat()))
            .orElse(OptionalLong.empty());
  }

  /** Every session that has an entry. */
  SortedSet<SessionId> sessions() {
    SortedSet<SessionId> all = new TreeSet<>();
    int pages = now(rows.readPage(0)).map(SessionPage::pageCount).orElse(0);
    for (int page = 0; page < pages; page++) {
      now(rows.readPage(page)).ifPresent(p -> all.addAll(p.sessions().keySet()));
    }
    return all;
  }

  long lastOwnerChange() {
    return lastOwnerChange;
  }

  private void violation(String what) {
    throw time.violation(what);
  }

  // ---- sessions

  CompletionStage<Application> markInitialised(String worker) {
    CompletionStage<Application> answer = table.markInitialised();
    if (failed(answer)) {
      return answer;
    }
    initialised = true;
    startAtMillis = now(rows.readApplication()).map(Application::startAtMillis).orElse(null);
    journal.note(worker, "initialised", null, 0, null);
    requireCoverage("marking the application initialised");
    return answer;
  }

  CompletionStage<JoinResult> join(String worker, Session session) {
    journal.note(worker, "join", null, session.beat(), session.id());
    return table.join(session);
  }

  CompletionStage<BeatResult> beat(String worker, Session session) {
    journal.note(worker, "beat", null, session.beat(), session.leaving() ? "leaving" : null);
    return table.beat(session);
  }

  CompletionStage<ExpireResult> expire(String worker, SessionId session, long observedBeat) {
    OptionalLong beat = beatOf(session);
    boolean was = beat.isPresent();
    if (isSessionOf.test(worker, session)) {
      violation(worker + " wants to expire itself");
    }
    CompletionStage<ExpireResult> answer = table.expire(session, observedBeat);
    boolean gone = was && !isInPage(session);
    journal.note(worker, gone ? "expires" : "fails to expire", null, observedBeat, session);
    if (gone) {
      journal.reached("session expired");
      if (beat.getAsLong() != observedBeat) {
        violation(
            worker
                + " expired "
                + session
                + " on heartbeat "
                + observedBeat
                + ", but its heartbeat was "
                + beat.getAsLong());
      }
    }
    return answer;
  }

  CompletionStage<Optional<SessionPage>> leave(String worker, SessionId session) {
    journal.note(worker, "leaves", null, 0, session);
    return table.leave(session);
  }

  // ---- leases

  CompletionStage<Lease> create(String worker, Lease lease) {
    Optional<Lease> before = row(lease.key());
    CompletionStage<Lease> answer = table.create(lease);
    if (before.isEmpty() && row(lease.key()).isPresent()) {
      incarnations.merge(lease.key(), 1, Integer::sum);
      journal.note(worker, "creates", lease.key(), 0, null);
      if (coverageBroken && holes().isEmpty()) {
        coverageBroken = false;
        journal.reached("hole repaired");
      }
    }
    return answer;
  }

  CompletionStage<OwnerResult> claim(
      String worker, Lease seen, SessionId claimant, OptionalLong startAt) {
    Optional<Lease> before = row(seen.key());
    CompletionStage<OwnerResult> answer = table.claim(seen, claimant, startAt);
    written(worker, "claim", null, before, row(seen.key()), answer);
    return answer;
  }

  CompletionStage<OwnerResult> ownerWrite(
      String worker,
      String operation,
      HeldLease held,
      Supplier<CompletionStage<OwnerResult>> effect) {
    Optional<Lease> before = row(held.key());
    CompletionStage<OwnerResult> answer = effect.get();
    written(worker, operation, held, before, row(held.key()), answer);
    return answer;
  }

  CompletionStage<DeleteResult> delete(String worker, Lease seen) {
    Optional<Lease> before = row(seen.key());
    CompletionStage<DeleteResult> answer = table.delete(seen);
    if (before.isPresent() && row(seen.key()).isEmpty()) {
      journal.note(worker, "deletes", seen.key(), 0, null);
      journal.reached("finished lease deleted");
      if (!before.get().isFinished()) {
        violation("The row of an unfinished lease was deleted: " + before.get());
      }
      requireCoverage("deleting " + seen.key());
    }
    return answer;
  }

  private void written(
      String worker,
      String operation,
      HeldLease held,
      Optional<Lease> before,
      Optional<Lease> after,
      CompletionStage<OwnerResult> answer) {
    if (before.isEmpty() || after.isEmpty()) {
      return;
    }
    Lease old = before.get();
    Lease row = after.get();
    boolean changed = !old.equals(row);
    boolean done =
        !answer.toCompletableFuture().isCompletedExceptionally()
            && now(answer) instanceof OwnerResult.Done;
    journal.note(
        worker,
        operation + (changed ? "" : done ? " (repeated)" : " (refused)"),
        row.key(),
        row.counter(),
        "-> " + row.owner() + " #" + row.counter() + " at " + row.checkpoint());
    if (!changed) {
      if (done) {
        journal.reached("ambiguous write resolved");
      } else if (held != null && (old.counter() != held.token())) {
        journal.reached("zombie write refused");
      }
      return;
    }
    ownership(operation, held, old, row);
    progress(operation, held, old, row);
    if (row.isFinished() && !old.isFinished()) {
      requireCoverage("SHARD_END of " + row.key());
    }
  }

  private void ownership(String operation, HeldLease held, Lease old, Lease row) {
    boolean moved = !Objects.equals(old.owner(), row.owner()) || old.counter() != row.counter();
    if (moved) {
      lastOwnerChange = time.now();
      if (row.counter() != old.counter() + 1) {
        violation(
            operation + " of " + row.key() + ": token " + old.counter() + " -> " + row.counter());
      }
      if (operation.equals("claim") && old.isForeignOwned()) {
        violation("Claimed from a worker of another library: " + old);
      }
      if (operation.equals("claim") && old.isFinished()) {
        violation("A finished lease was claimed: " + row.key());
      }
      if (operation.equals("claim")) {
        old.ownerSession()
            .filter(this::isInPage)
            .ifPresent(owner -> violation("Claimed from a session that lives: " + old));
      } else if (!operation.equals("handOff")) {
        violation(operation + " changed the owner of " + row.key());
      }
    }
    String tokenKey =
        row.key() + "/" + incarnations.getOrDefault(row.key(), 0) + "/" + row.counter();
    String owner = String.valueOf(row.owner());
    String known = ownerOfToken.putIfAbsent(tokenKey, owner);
    if (known != null && !known.equals(owner)) {
      violation("Token " + tokenKey + " has two owners: " + known + " and " + owner);
    }
    if (held != null && (old.counter() != held.token() || !old.isOwnedBy(held.owner()))) {
      violation(
          operation
              + " of "
              + row.key()
              + " took effect under token "
              + held.token()
              + " of "
              + held.owner()
              + ", but the row said "
              + old.counter()
              + " of "
              + old.owner());
    }
  }

  private void progress(String operation, HeldLease held, Lease old, Lease row) {
    if (old.checkpoint().equals(row.checkpoint())) {
      return;
    }
    if (held == null && !(old.checkpoint().isInitial() && row.checkpoint().isInitial())) {
      violation(operation + " moved the checkpoint of " + row.key());
    }
    if (row.checkpoint().compareTo(old.checkpoint()) < 0) {
      violation(
          "The checkpoint of "
              + row.key()
              + " moved back from "
              + old.checkpoint()
              + " to "
              + row.checkpoint());
    }
    ShardState shard = stream.state(row.key());
    settle(shard);
    Checkpoint checkpoint = row.checkpoint();
    if (checkpoint.isShardEnd()) {
      if (shard.isOpen() || shard.settled < shard.entries.size()) {
        violation("SHARD_END of " + row.key() + ", but " + firstUnsettled(shard));
      }
    } else if (checkpoint.isRecord()) {
      long number = SimulatedStream.numberOf(checkpoint.sequenceNumber().orElseThrow());
      if (shard.settled < shard.indexOf(number + 1)) {
        violation(
            "The checkpoint of "
                + row.key()
                + " moved to "
                + number
                + ", but "
                + firstUnsettled(shard));
      }
    }
  }

  private static String firstUnsettled(ShardState shard) {
    return shard.settled < shard.entries.size()
        ? "record " + shard.entries.get(shard.settled).number + " was not processed"
        : "the shard is open";
  }

  private List<HashKeyRange> holes() {
    List<HashKeyRange> covered = new ArrayList<>();
    for (Lease lease : leases()) {
      if (!lease.isFinished()) {
        covered.add(lease.hashKeyRange());
      }
    }
    return Lineage.holes(covered);
  }

  private void requireCoverage(String when) {
    if (initialised && !coverageBroken && !holes().isEmpty()) {
      violation("After " + when + " no unfinished lease covers " + holes());
    }
  }

  // ---- an operator's hand

  /** Removes a row behind everybody's back. */
  void removeRow(LeaseKey key) {
    rows.removeLease(key);
    tampered.add(key);
    coverageBroken = true;
    journal.note("", "row removed by hand", key, 0, null);
  }

  /**
   * A worker of another library, which knows nothing of sessions, takes a lease, and renews it as
   * long as it holds it.
   */
  void takeForeign(LeaseKey key) {
    row(key)
        .ifPresent(
            row -> {
              rows.putLease(ownedBy(row, FOREIGN_WORKER));
              renewForeign(key);
              tampered.add(key);
              lastOwnerChange = time.now();
              journal.note("", "taken by another library", key, row.counter() + 1, null);
            });
  }

  private void renewForeign(LeaseKey key) {
    time.after(
        FOREIGN_RENEWAL_MILLIS,
        () ->
            row(key)
                .filter(row -> FOREIGN_WORKER.equals(row.owner()))
                .ifPresent(
                    row -> {
                      rows.putLease(ownedBy(row, FOREIGN_WORKER));
                      renewForeign(key);
                    }));
  }

  /** It lets go again, if nobody has taken the lease from it; nobody may. */
  void letGoForeign(LeaseKey key) {
    row(key)
        .filter(row -> FOREIGN_WORKER.equals(row.owner()))
        .ifPresent(
            row -> {
              rows.putLease(ownedBy(row, null));
              journal.note("", "let go by another library", key, row.counter() + 1, null);
            });
  }

  /** Before anybody starts, a table that workers of another library use. */
  void fillForeign(LeaseKey key, HashKeyRange range) {
    rows.putLease(
        ownedBy(
            Lease.unowned(
                key,
                Checkpoint.TRIM_HORIZON,
                OptionalLong.empty(),
                Collections.emptySortedSet(),
                range),
            FOREIGN_WORKER));
    renewForeign(key);
  }

  /** Of a table that was not to be written to. */
  void requireUntouched(List<Lease> before) {
    if (!withoutCounters(leases()).equals(withoutCounters(before))) {
      violation("The rows of another library's table were " + before + " and are " + leases());
    }
    if (now(rows.readApplication()).isPresent() || now(rows.readPage(0)).isPresent()) {
      violation("Rows of ours were written to another library's table");
    }
  }

  /** Their owner renews them. */
  private static List<Lease> withoutCounters(List<Lease> leases) {
    return leases.stream()
        .map(
            lease ->
                new Lease(
                    lease.key(),
                    lease.owner(),
                    0,
                    lease.checkpoint(),
                    lease.pending(),
                    lease.startAtMillis(),
                    lease.parents(),
                    lease.children(),
                    lease.hashKeyRange(),
                    lease.endedAtMillis(),
                    lease.heir(),
                    lease.ownerSwitchesSinceCheckpoint()))
        .toList();
  }

  private static Lease ownedBy(Lease row, String ownerOrNull) {
    return new Lease(
        row.key(),
        ownerOrNull,
        row.counter() + 1,
        row.checkpoint(),
        row.pending(),
        row.startAtMillis(),
        row.parents(),
        row.children(),
        row.hashKeyRange(),
        row.endedAtMillis(),
        null,
        row.ownerSwitchesSinceCheckpoint());
  }

  // ---- processing

  private void settle(ShardState shard) {
    while (shard.settled < shard.entries.size() && isSettled(shard.entries.get(shard.settled))) {
      shard.settled++;
    }
  }

  private boolean isSettled(Entry entry) {
    return entry.processed
        || entry.givenUp
        || entry.trimmed
        || (startAtMillis != null && entry.arrivalMillis < startAtMillis);
  }

  /** Whether everything in a shard and in the shards before it is settled, and it is closed. */
  private boolean isComplete(ShardState shard) {
    settle(shard);
    if (shard.isOpen() || shard.settled < shard.entries.size()) {
      return false;
    }
    // it stays so, and is remembered: after many splits and merges there are more ways up than
    // anybody can walk
    shard.complete =
        shard.complete || shard.parents.stream().allMatch(p -> isComplete(stream.state(p)));
    return shard.complete;
  }

  /** A processor is about to be called with the lease of {@code token}. */
  void callStarts(String worker, LeaseKey key, SessionId session, long token, String call) {
    journal.note(worker, call, key, token, null);
    if (tampered.contains(key) || failed(rows.scan())) {
      return; // somebody's hand was in it
    }
    Optional<Lease> row = row(key);
    if (row.isEmpty() || row.get().counter() != token || !row.get().isOwnedBy(session)) {
      violation(
          worker
              + " calls "
              + call
              + " of "
              + key
              + " under token "
              + token
              + " of "
              + session
              + ", but the row says "
              + row.map(r -> r.counter() + " of " + r.owner()).orElse("nothing"));
    }
    ShardState shard = stream.state(key);
    for (LeaseKey parent : shard.parents) {
      Optional<Lease> parentRow = row(parent);
      if (parentRow.isPresent() && !parentRow.get().isFinished()) {
        violation(key + " starts before its parent " + parent + " is finished");
      }
      if (!tampered.contains(parent)
          && !isBeforeStart(parent)
          && !isComplete(stream.state(parent))) {
        violation(
            key
                + " starts, but in its parent "
                + parent
                + " "
                + firstUnsettled(stream.state(parent)));
      }
    }
  }

  private boolean isBeforeStart(LeaseKey shard) {
    return startAtMillis != null && stream.state(shard).closedAt <= startAtMillis;
  }

  /** A processor has processed a record. */
  void processed(String worker, LeaseKey key, long number) {
    ShardState shard = stream.state(key);
    int index = shard.indexOf(number);
    Entry entry = shard.entries.get(index);
    journal.note(worker, "processed", key, number, number);
    if (entry.processed) {
      journal.reached("record processed again");
      return;
    }
    settle(shard);
    if (shard.settled < index) {
      violation(
          worker + " processes record " + number + " of " + key + ", but " + firstUnsettled(shard));
    }
    entry.processed = true;
  }

  /**
   * A record was given up: its dead letter is in the store, or it was skipped, as the rule says.
   */
  void givenUp(String worker, LeaseKey key, long number) {
    ShardState shard = stream.state(key);
    int index = shard.indexOf(number);
    Entry entry = shard.entries.get(index);
    journal.note(worker, "gives up", key, number, number);
    if (entry.givenUp) {
      journal.reached("record given up again");
      return;
    }
    settle(shard);
    if (shard.settled < index) {
      violation(
          worker + " gives up record " + number + " of " + key + ", but " + firstUnsettled(shard));
    }
    entry.givenUp = true;
  }

  /** A processor starts where its lease's row says, and is told what a predecessor prepared. */
  void requireToldOf(LeaseKey key, long token, ShardStart start) {
    Optional<Lease> row = row(key);
    if (row.isEmpty() || row.get().counter() != token || tampered.contains(key)) {
      return; // too late to matter
    }
    if (!row.get().checkpoint().equals(start.checkpoint())
        || !Objects.equals(row.get().pending(), start.pending())) {
      violation("The processor of " + key + " is told " + start + ", but the row is " + row.get());
    }
    if (start.pending() != null) {
      journal.reached("prepared checkpoint inherited");
    }
  }

  boolean isPoison(LeaseKey key, long number) {
    ShardState shard = stream.state(key);
    return shard.entries.get(shard.indexOf(number)).poison;
  }

  // ---- retention

  /** To be called after records were trimmed: whose loss can be noticed? */
  void trimmed() {
    for (ShardState shard : stream.shards()) {
      Optional<Lease> row = row(shard.id);
      if (row.isEmpty() || !row.get().checkpoint().isRecord()) {
        shard.entries.subList(0, shard.horizon).forEach(entry -> entry.excused = true);
      }
    }
  }

  /** Whether records were lost to retention, and reading has gone on behind them. */
  private boolean hasPassedLoss(ShardState shard) {
    boolean lost = false;
    for (Entry entry : shard.entries) {
      lost |= entry.trimmed && !entry.processed && !entry.givenUp && !entry.excused;
      if (lost && entry.processed && !entry.trimmed) {
        return true;
      }
    }
    return lost && row(shard.id).filter(Lease::isFinished).isPresent();
  }

  void gapReported(LeaseKey shard) {
    gapsReported.add(shard);
    journal.reached("gap reported");
  }

  // ---- at the end

  /** Records that nobody has processed and that are still there. */
  Optional<String> backlog() {
    for (ShardState shard : stream.shards()) {
      settle(shard);
      if (shard.settled < shard.entries.size()) {
        return Optional.of(shard.id + ": " + firstUnsettled(shard));
      }
    }
    return Optional.empty();
  }

  /** Records that are settled; rises with progress. */
  long settled() {
    return stream.shards().stream().mapToLong(shard -> shard.settled).sum();
  }

  /** Nothing may be lost to retention without a word. */
  void requireGapsReported() {
    for (ShardState shard : stream.shards()) {
      if (startAtMillis == null
          && !tampered.contains(shard.id)
          && !gapsReported.contains(shard.id)
          && hasPassedLoss(shard)) {
        violation("Retention took records of " + shard.id + ", and nobody reported the gap");
      }
    }
  }

  boolean isCoverageBroken() {
    return coverageBroken;
  }

  boolean isInitialised() {
    return initialised;
  }
}
