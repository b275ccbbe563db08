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
 * after the caller has given up. What arrives takes effect at one moment, under the eyes of {@link
 * Truth}.
 */
final class StoreLink implements LeaseStore {

  private static final long BEAT_TIMEOUT_MILLIS = 900;
  private static final long TIMEOUT_MILLIS = 2_000;

  private final String worker;
  private final VirtualTime time;
  private final Truth truth;
  private final Network network;
  private final SeededRandom random;
  private final Journal journal;

  StoreLink(
      String worker,
      VirtualTime time,
      Truth truth,
      Network network,
      SeededRandom random,
      Journal journal) {
    this.worker = worker;
    this.time = time;
    this.truth = truth;
    this.network = network;
    this.random = random;
    this.journal = journal;
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

  private LeaseStore table() {
    return truth.table();
  }

  @Override
  public CompletionStage<Optional<Application>> readApplication() {
    return call("readApplication", () -> table().readApplication());
  }

  @Override
  public CompletionStage<Application> createApplication(Application application) {
    return call("createApplication", () -> table().createApplication(application));
  }

  @Override
  public CompletionStage<Application> markInitialised() {
    return call("markInitialised", () -> truth.markInitialised(worker));
  }

  @Override
  public CompletionStage<Optional<SessionPage>> readPage(int page) {
    return call("readPage", () -> table().readPage(page));
  }

  @Override
  public CompletionStage<SessionPage> createPage(int page) {
    return call(
        "createPage",
        () -> {
          if (page > 0) {
            journal.reached("another page of sessions");
          }
          return table().createPage(page);
        });
  }

  @Override
  public CompletionStage<JoinResult> join(Session session) {
    return call("join", () -> truth.join(worker, session));
  }

  @Override
  public CompletionStage<BeatResult> beat(Session session) {
    return call("beat", () -> truth.beat(worker, session));
  }

  @Override
  public CompletionStage<ExpireResult> expire(SessionId session, long observedBeat) {
    return call("expire", () -> truth.expire(worker, session, observedBeat));
  }

  @Override
  public CompletionStage<Optional<SessionPage>> leave(SessionId session) {
    return call("leave", () -> truth.leave(worker, session));
  }

  @Override
  public CompletionStage<Optional<SessionPage>> bump() {
    return call("bump", () -> table().bump());
  }

  @Override
  public CompletionStage<LeaseScan> scan() {
    return call("scan", this::scanInTwoParts);
  }

  /** A scan is not a snapshot: some rows are read later than others. */
  private CompletionStage<LeaseScan> scanInTwoParts() {
    CompletionStage<LeaseScan> early = table().scan();
    CompletableFuture<LeaseScan> whole = new CompletableFuture<>();
    time.after(
        latency(), () -> pass(early.thenCombine(table().scan(), StoreLink::halfOfEach), whole));
    return whole;
  }

  private static LeaseScan halfOfEach(LeaseScan early, LeaseScan late) {
    SortedMap<LeaseKey, Lease> rows = new TreeMap<>();
    for (Lease lease : early.leases()) {
      if (lease.key().hashCode() % 2 == 0) {
        rows.put(lease.key(), lease);
      }
    }
    for (Lease lease : late.leases()) {
      if (lease.key().hashCode() % 2 != 0) {
        rows.put(lease.key(), lease);
      }
    }
    return new LeaseScan(List.copyOf(rows.values()), late.unreadable());
  }

  @Override
  public CompletionStage<Optional<Lease>> readLease(LeaseKey key) {
    return call("readLease", () -> table().readLease(key));
  }

  @Override
  public CompletionStage<Lease> create(Lease lease) {
    return call("create", () -> truth.create(worker, lease));
  }

  @Override
  public CompletionStage<OwnerResult> claim(
      Lease seen, SessionId claimant, OptionalLong startAtMillis) {
    return call("claim", () -> truth.claim(worker, seen, claimant, startAtMillis));
  }

  @Override
  public CompletionStage<OwnerResult> checkpoint(
      HeldLease held, Checkpoint previous, Checkpoint next) {
    if (next.isShardEnd()) {
      throw new IllegalArgumentException("SHARD_END of " + held.key() + " goes through endShard");
    }
    return call(
        "checkpoint",
        () ->
            truth.ownerWrite(
                worker, "checkpoint", held, () -> table().checkpoint(held, previous, next)));
  }

  @Override
  public CompletionStage<OwnerResult> prepare(
      HeldLease held, Checkpoint previous, PendingCheckpoint pending) {
    return call(
        "prepare",
        () ->
            truth.ownerWrite(
                worker, "prepare", held, () -> table().prepare(held, previous, pending)));
  }

  @Override
  public CompletionStage<OwnerResult> endShard(
      HeldLease held, Checkpoint previous, SortedSet<LeaseKey> children, long endedAtMillis) {
    return call(
        "endShard",
        () ->
            truth.ownerWrite(
                worker,
                "endShard",
                held,
                () -> table().endShard(held, previous, children, endedAtMillis)));
  }

  @Override
  public CompletionStage<OwnerResult> announce(HeldLease held, SessionId heir) {
    return call(
        "announce",
        () -> truth.ownerWrite(worker, "announce", held, () -> table().announce(held, heir)));
  }

  @Override
  public CompletionStage<OwnerResult> handOff(HeldLease held, Optional<SessionId> successor) {
    return call(
        "handOff",
        () -> truth.ownerWrite(worker, "handOff", held, () -> table().handOff(held, successor)));
  }

  @Override
  public CompletionStage<DeleteResult> delete(Lease seen) {
    return call("delete", () -> truth.delete(worker, seen));
  }
}
