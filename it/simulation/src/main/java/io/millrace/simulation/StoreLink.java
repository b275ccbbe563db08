package io.millrace.simulation;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.lease.Application;
import io.millrace.lease.HeldLease;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseScan;
import io.millrace.lease.LeaseStore;
import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.PendingCheckpoint;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionPage;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * One worker's way to the table: requests and answers take their time, get lost, or arrive long
 * after the caller has given up. What arrives takes effect at one moment; in a run, under the eyes
 * of {@link Truth}.
 */
final class StoreLink implements LeaseStore {

  private static final long BEAT_TIMEOUT_MILLIS = 900;
  private static final long TIMEOUT_MILLIS = 2_000;

  /** What is left of the timeout to a read that is answered late on purpose. */
  private static final long SPARE_MILLIS = 50;

  private final Machine machine;
  private final VirtualTime time;
  private final LeaseStore table;
  private final Network network;
  private final SeededRandom random;
  private final Journal journal;
  private long provenAliveAtMillis = Long.MIN_VALUE / 2;

  /**
   * @param table what answers at the other end
   */
  StoreLink(
      Machine machine, LeaseStore table, Network network, SeededRandom random, Journal journal) {
    this.machine = machine;
    this.time = machine.time();
    this.table = table;
    this.network = network;
    this.random = random;
    this.journal = journal;
  }

  /**
   * When, on the machine's monotonic clock, the last heartbeat was called that was answered: from
   * there the worker's right to deliver counts.
   */
  long provenAliveAtMillis() {
    return provenAliveAtMillis;
  }

  private void provesLife(CompletionStage<?> answer, long calledAtMillis) {
    answer.whenComplete(
        (result, error) -> {
          if (result instanceof BeatResult.Alive || result instanceof JoinResult.Joined) {
            provenAliveAtMillis = Math.max(provenAliveAtMillis, calledAtMillis);
          }
        });
  }

  private <T> CompletionStage<T> call(String operation, Supplier<CompletionStage<T>> effect) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    long timeout = operation.equals("beat") ? BEAT_TIMEOUT_MILLIS : TIMEOUT_MILLIS;
    if (network.storeCut) {
      journal.reached("store request lost");
      fail(answer, timeout);
      return answer;
    }
    if (random.percent(network.storeRefused)) {
      journal.reached("store refused");
      fail(answer, latency());
      return answer;
    }
    long there = latency();
    long back = latency();
    boolean lost = random.percent(network.storeAnswersLost);
    if (random.percent(network.storeLate)) {
      there += random.between(timeout, timeout + network.storeLateMillis);
      journal.reached("store request late");
    } else if (lost) {
      journal.reached("store answer lost");
    }
    if (lost || there + back > timeout) {
      fail(answer, timeout);
    }
    time.after(
        there,
        () -> {
          CompletionStage<T> stage = effect.get();
          if (!lost) {
            time.after(back, () -> pass(stage, answer));
          }
        });
    return answer;
  }

  private long latency() {
    return random.between(network.storeMinMillis, network.storeMaxMillis);
  }

  private static <T> void pass(CompletionStage<T> from, CompletableFuture<T> to) {
    from.whenComplete(
        (value, error) -> {
          if (error == null) {
            to.complete(value);
          } else {
            to.completeExceptionally(error);
          }
        });
  }

  private void fail(CompletableFuture<?> answer, long millis) {
    time.after(
        millis,
        () ->
            answer.completeExceptionally(
                new LeaseStoreException(LeaseStoreException.Kind.NO_ANSWER, "injected", null)));
  }

  /** A read that is answered late shows the table as it was. */
  private <T> CompletionStage<T> read(String operation, Supplier<CompletionStage<T>> effect) {
    long stale =
        network.storeStaleMillis == 0
            ? 0
            : random.between(0, Math.min(network.storeStaleMillis, TIMEOUT_MILLIS - SPARE_MILLIS));
    return stale == 0 ? call(operation, effect) : call(operation, () -> later(effect.get(), stale));
  }

  private <T> CompletionStage<T> later(CompletionStage<T> answer, long millis) {
    CompletableFuture<T> late = new CompletableFuture<>();
    journal.reached("stale read");
    time.after(millis, () -> pass(answer, late));
    return late;
  }

  /** Said at once, as by every store, and not when the request arrives. */
  private static void requireNotNegative(int page) {
    if (page < 0) {
      throw new IllegalArgumentException("Not a page of sessions: " + page);
    }
  }

  @Override
  public CompletionStage<Optional<Application>> readApplication() {
    return call("readApplication", () -> table.readApplication());
  }

  @Override
  public CompletionStage<Application> createApplication(Application application) {
    return call("createApplication", () -> table.createApplication(application));
  }

  @Override
  public CompletionStage<Application> markInitialised() {
    return call("markInitialised", () -> table.markInitialised());
  }

  @Override
  public CompletionStage<Optional<SessionPage>> readPage(int page) {
    requireNotNegative(page);
    return read("readPage", () -> table.readPage(page));
  }

  @Override
  public CompletionStage<SessionPage> createPage(int page) {
    requireNotNegative(page);
    return call(
        "createPage",
        () -> {
          if (page > 0) {
            journal.reached("another page of sessions");
          }
          return table.createPage(page);
        });
  }

  @Override
  public CompletionStage<JoinResult> join(Session session) {
    long calledAt = machine.monotonicMillis();
    CompletionStage<JoinResult> answer = call("join", () -> table.join(session));
    provesLife(answer, calledAt);
    return answer;
  }

  @Override
  public CompletionStage<BeatResult> beat(Session session) {
    long calledAt = machine.monotonicMillis();
    CompletionStage<BeatResult> answer = call("beat", () -> table.beat(session));
    provesLife(answer, calledAt);
    return answer;
  }

  @Override
  public CompletionStage<ExpireResult> expire(SessionId session, long observedBeat) {
    return call("expire", () -> table.expire(session, observedBeat));
  }

  @Override
  public CompletionStage<Optional<SessionPage>> leave(SessionId session) {
    return call("leave", () -> table.leave(session));
  }

  @Override
  public CompletionStage<Optional<SessionPage>> bump() {
    return call("bump", () -> table.bump());
  }

  @Override
  public CompletionStage<LeaseScan> scan() {
    return call("scan", this::scanInTwoParts);
  }

  /**
   * A scan is not a snapshot: some rows are read later than others, and in a large table, which
   * takes many requests, much later.
   */
  private CompletionStage<LeaseScan> scanInTwoParts() {
    CompletionStage<LeaseScan> early = table.scan();
    CompletableFuture<LeaseScan> whole = new CompletableFuture<>();
    long salt = random.nextLong(2);
    long apart = latency() + random.between(0, network.storeStaleMillis);
    time.after(
        apart,
        () -> pass(early.thenCombine(table.scan(), (a, b) -> partOfEach(a, b, salt)), whole));
    return whole;
  }

  private static LeaseScan partOfEach(LeaseScan early, LeaseScan late, long salt) {
    SortedMap<LeaseKey, Lease> rows = new TreeMap<>();
    for (Lease lease : early.leases()) {
      if (isEarly(lease, salt)) {
        rows.put(lease.key(), lease);
      }
    }
    for (Lease lease : late.leases()) {
      if (!isEarly(lease, salt)) {
        rows.put(lease.key(), lease);
      }
    }
    return new LeaseScan(List.copyOf(rows.values()), late.unreadable());
  }

  private static boolean isEarly(Lease lease, long salt) {
    return Math.floorMod(lease.key().hashCode() + salt, 2) == 0;
  }

  @Override
  public CompletionStage<Optional<Lease>> readLease(LeaseKey key) {
    return read("readLease", () -> table.readLease(key));
  }

  @Override
  public CompletionStage<Lease> create(Lease lease) {
    return call("create", () -> table.create(lease));
  }

  @Override
  public CompletionStage<OwnerResult> claim(
      Lease seen, SessionId claimant, OptionalLong startAtMillis) {
    return call("claim", () -> table.claim(seen, claimant, startAtMillis));
  }

  @Override
  public CompletionStage<OwnerResult> checkpoint(
      HeldLease held, Checkpoint previous, Checkpoint next) {
    if (next.isShardEnd()) {
      throw new IllegalArgumentException("SHARD_END of " + held.key() + " goes through endShard");
    }
    return call("checkpoint", () -> table.checkpoint(held, previous, next));
  }

  @Override
  public CompletionStage<OwnerResult> prepare(
      HeldLease held,
      Checkpoint previous,
      PendingCheckpoint previousPending,
      PendingCheckpoint pending) {
    return call("prepare", () -> table.prepare(held, previous, previousPending, pending));
  }

  @Override
  public CompletionStage<OwnerResult> endShard(
      HeldLease held, Checkpoint previous, SortedSet<LeaseKey> children, long endedAtMillis) {
    return call("endShard", () -> table.endShard(held, previous, children, endedAtMillis));
  }

  @Override
  public CompletionStage<OwnerResult> announce(HeldLease held, SessionId heir) {
    return call("announce", () -> table.announce(held, heir));
  }

  @Override
  public CompletionStage<OwnerResult> handOff(HeldLease held, Optional<SessionId> successor) {
    return call("handOff", () -> table.handOff(held, successor));
  }

  @Override
  public CompletionStage<DeleteResult> delete(Lease seen) {
    return call("delete", () -> table.delete(seen));
  }
}
