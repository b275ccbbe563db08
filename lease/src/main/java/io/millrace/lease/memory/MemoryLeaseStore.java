package io.millrace.lease.memory;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.lease.Application;
import io.millrace.lease.FailedCondition;
import io.millrace.lease.HeldLease;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseScan;
import io.millrace.lease.LeaseStore;
import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.LeaseStoreException.Kind;
import io.millrace.lease.PendingCheckpoint;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionPage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * A lease store in memory, with the same conditions and outcomes as the one on DynamoDB. It is
 * deterministic: no clock, no randomness, no thread; every stage is complete when the call returns.
 * It may be shared by several workers of one JVM, and nothing survives that JVM.
 *
 * <p>Thread-safe.
 */
public final class MemoryLeaseStore implements LeaseStore {

  private final Object lock = new Object();
  private final SortedMap<LeaseKey, Lease> leases = new TreeMap<>();
  private final SortedMap<String, String> unreadable = new TreeMap<>();
  private final SortedMap<Integer, SessionPage> pages = new TreeMap<>();
  private Application application;
  private boolean dropped;

  // ---- for tests of what uses a store

  /** Writes a row as somebody outside the protocol would, whatever was there. */
  public void putLease(Lease lease) {
    synchronized (lock) {
      unreadable.remove(lease.key().value());
      leases.put(lease.key(), lease);
    }
  }

  /** Replaces a row by one that nobody can read. */
  public void putUnreadable(LeaseKey key, String problem) {
    synchronized (lock) {
      leases.remove(key);
      unreadable.put(key.value(), Objects.requireNonNull(problem));
    }
  }

  /** Removes a row, on no condition. */
  public void removeLease(LeaseKey key) {
    synchronized (lock) {
      leases.remove(key);
      unreadable.remove(key.value());
    }
  }

  /** Removes the rows that are no leases, as handing a table back to another library does. */
  public void removeSessionsAndApplication() {
    synchronized (lock) {
      pages.clear();
      application = null;
    }
  }

  /** From here on every operation fails with {@link Kind#TABLE_MISSING}. */
  public void dropTable() {
    synchronized (lock) {
      dropped = true;
    }
  }

  // ---- the application row

  @Override
  public CompletionStage<Optional<Application>> readApplication() {
    return answer(() -> Optional.ofNullable(application));
  }

  @Override
  public CompletionStage<Application> createApplication(Application wanted) {
    Objects.requireNonNull(wanted);
    return answer(
        () -> {
          if (application == null) {
            application = wanted;
          }
          return application;
        });
  }

  @Override
  public CompletionStage<Application> markInitialised() {
    return answer(
        () -> {
          if (application == null) {
            throw new LeaseStoreException(
                Kind.INVALID, "Cannot mark $application as initialised: there is none", null);
          }
          application = application.withInitialised();
          return application;
        });
  }

  // ---- sessions

  @Override
  public CompletionStage<Optional<SessionPage>> readPage(int page) {
    requireNotNegative(page);
    return answer(() -> page(page));
  }

  @Override
  public CompletionStage<SessionPage> createPage(int page) {
    requireNotNegative(page);
    return answer(
        () -> {
          if (page > 0) {
            raisePageCount(page);
          }
          return pages.computeIfAbsent(
              page, n -> new SessionPage(n, 1, 0, Collections.emptySortedMap(), n == 0 ? 1 : 0, 0));
        });
  }

  private void raisePageCount(int page) {
    SessionPage first = pages.get(0);
    if (first == null) {
      throw new LeaseStoreException(
          Kind.INVALID, "Cannot create $sessions/" + page + ": there is no $sessions/0", null);
    }
    if (first.pageCount() <= page) {
      pages.put(
          0,
          new SessionPage(
              0,
              first.version() + 1,
              first.joins(),
              first.sessions(),
              page + 1,
              first.generation()));
    }
  }

  @Override
  public CompletionStage<JoinResult> join(Session session) {
    SessionId id = session.id();
    return answer(
        () -> {
          Optional<SessionPage> old = page(id.page());
          if (old.isEmpty()
              || old.get().joins() != id.joins()
              || !old.get().hasRoom()
              || old.get().session(id).isPresent()) {
            return FailedCondition.join(session, old);
          }
          return new JoinResult.Joined(write(old.get(), 1, sessions -> sessions.put(id, session)));
        });
  }

  @Override
  public CompletionStage<BeatResult> beat(Session session) {
    SessionId id = session.id();
    return answer(
        () -> {
          Optional<SessionPage> old = page(id.page());
          Optional<Session> entry = old.flatMap(p -> p.session(id));
          if (entry.isEmpty() || entry.get().beat() > session.beat()) {
            return FailedCondition.beat(id, old);
          }
          return new BeatResult.Alive(write(old.get(), 0, sessions -> sessions.put(id, session)));
        });
  }

  @Override
  public CompletionStage<ExpireResult> expire(SessionId session, long observedBeat) {
    return answer(
        () -> {
          Optional<SessionPage> old = page(session.page());
          Optional<Session> entry = old.flatMap(p -> p.session(session));
          if (entry.isEmpty() || entry.get().beat() != observedBeat) {
            return FailedCondition.expire(session, old);
          }
          write(old.get(), 0, sessions -> sessions.remove(session));
          return new ExpireResult.Gone(true);
        });
  }

  @Override
  public CompletionStage<Optional<SessionPage>> leave(SessionId session) {
    return answer(
        () -> {
          Optional<SessionPage> old = page(session.page());
          if (old.flatMap(p -> p.session(session)).isEmpty()) {
            return old;
          }
          return Optional.of(write(old.get(), 0, sessions -> sessions.remove(session)));
        });
  }

  @Override
  public CompletionStage<Optional<SessionPage>> bump() {
    return answer(
        () ->
            Optional.ofNullable(
                pages.computeIfPresent(
                    0,
                    (n, page) ->
                        new SessionPage(
                            0,
                            page.version() + 1,
                            page.joins(),
                            page.sessions(),
                            page.pageCount(),
                            page.generation() + 1))));
  }

  private static void requireNotNegative(int page) {
    if (page < 0) {
      throw new IllegalArgumentException("Negative page: " + page);
    }
  }

  private Optional<SessionPage> page(int number) {
    return Optional.ofNullable(pages.get(number));
  }

  private SessionPage write(
      SessionPage old, int joined, Consumer<SortedMap<SessionId, Session>> change) {
    SortedMap<SessionId, Session> sessions = new TreeMap<>(old.sessions());
    change.accept(sessions);
    SessionPage page =
        new SessionPage(
            old.number(),
            old.version() + 1,
            old.joins() + joined,
            sessions,
            old.pageCount(),
            old.generation());
    pages.put(page.number(), page);
    return page;
  }

  // ---- leases

  @Override
  public CompletionStage<LeaseScan> scan() {
    return answer(
        () -> {
          List<LeaseScan.UnreadableRow> bad = new ArrayList<>();
          unreadable.forEach((key, problem) -> bad.add(new LeaseScan.UnreadableRow(key, problem)));
          return new LeaseScan(List.copyOf(leases.values()), bad);
        });
  }

  @Override
  public CompletionStage<Optional<Lease>> readLease(LeaseKey key) {
    return answer(() -> lease(key));
  }

  @Override
  public CompletionStage<Lease> create(Lease lease) {
    return answer(
        () -> {
          Optional<Lease> old = lease(lease.key());
          if (old.isEmpty()) {
            leases.put(lease.key(), lease);
          }
          return old.orElse(lease);
        });
  }

  @Override
  public CompletionStage<OwnerResult> claim(
      Lease seen, SessionId claimant, OptionalLong startAtMillis) {
    boolean resolves = seen.isResolvedBy(startAtMillis);
    return update(
        seen.key(),
        row ->
            Objects.equals(row.owner(), seen.owner())
                && row.counter() == seen.counter()
                && !row.isFinished()
                && (!resolves || row.checkpoint().equals(seen.checkpoint())),
        row -> {
          row.changeOwner(claimant.value());
          if (resolves) {
            row.checkpoint = Checkpoint.AT_TIMESTAMP;
            row.startAtMillis = startAtMillis.getAsLong();
          }
        },
        old -> FailedCondition.claim(seen, claimant, old));
  }

  @Override
  public CompletionStage<OwnerResult> checkpoint(
      HeldLease held, Checkpoint previous, Checkpoint next) {
    if (next.isShardEnd()) {
      throw new IllegalArgumentException("SHARD_END of " + held.key() + " goes through endShard");
    }
    return update(
        held.key(),
        row -> isHeld(held, row) && row.checkpoint().equals(previous),
        row -> row.moveTo(next),
        old -> FailedCondition.checkpoint(held, next, old));
  }

  @Override
  public CompletionStage<OwnerResult> prepare(
      HeldLease held,
      Checkpoint previous,
      PendingCheckpoint previousPending,
      PendingCheckpoint pending) {
    return update(
        held.key(),
        row ->
            isHeld(held, row)
                && row.checkpoint().equals(previous)
                && Objects.equals(row.pending(), previousPending),
        row -> row.pending = pending,
        old -> FailedCondition.prepare(held, pending, old));
  }

  @Override
  public CompletionStage<OwnerResult> endShard(
      HeldLease held, Checkpoint previous, SortedSet<LeaseKey> children, long endedAtMillis) {
    return update(
        held.key(),
        row -> isHeld(held, row) && row.checkpoint().equals(previous),
        row -> {
          row.moveTo(Checkpoint.SHARD_END);
          row.endedAtMillis = endedAtMillis;
          if (!children.isEmpty()) {
            row.children = children;
          }
        },
        old -> FailedCondition.endShard(held, old));
  }

  @Override
  public CompletionStage<OwnerResult> announce(HeldLease held, SessionId heir) {
    return update(
        held.key(), row -> isHeld(held, row), row -> row.heir = heir, FailedCondition::announce);
  }

  @Override
  public CompletionStage<OwnerResult> handOff(HeldLease held, Optional<SessionId> successor) {
    return update(
        held.key(),
        row -> isHeld(held, row),
        row -> row.changeOwner(successor.map(SessionId::value).orElse(null)),
        old -> FailedCondition.handOff(held, successor, old));
  }

  @Override
  public CompletionStage<DeleteResult> delete(Lease seen) {
    return answer(
        () -> {
          Optional<Lease> old = lease(seen.key());
          if (old.isEmpty() || !old.get().isFinished() || old.get().counter() != seen.counter()) {
            return FailedCondition.delete(old.isPresent());
          }
          leases.remove(seen.key());
          return DeleteResult.GONE;
        });
  }

  private static boolean isHeld(HeldLease held, Lease row) {
    return row.isOwnedBy(held.owner()) && row.counter() == held.token();
  }

  private Optional<Lease> lease(LeaseKey key) {
    String problem = unreadable.get(key.value());
    if (problem != null) {
      throw new LeaseStoreException(
          Kind.INVALID, "Lease " + key + " cannot be read: " + problem, null);
    }
    return Optional.ofNullable(leases.get(key));
  }

  private CompletionStage<OwnerResult> update(
      LeaseKey key,
      Predicate<Lease> condition,
      Consumer<LeaseRow> change,
      Function<Optional<Lease>, OwnerResult> failed) {
    return answer(
        () -> {
          Optional<Lease> old = lease(key);
          if (old.isEmpty() || !condition.test(old.get())) {
            return failed.apply(old);
          }
          LeaseRow row = new LeaseRow(old.get());
          change.accept(row);
          Lease after = row.after();
          leases.put(key, after);
          return new OwnerResult.Done(after);
        });
  }

  private <T> CompletionStage<T> answer(Supplier<T> operation) {
    try {
      synchronized (lock) {
        if (dropped) {
          throw new LeaseStoreException(
              Kind.TABLE_MISSING, "The table in memory was dropped", null);
        }
        return CompletableFuture.completedFuture(operation.get());
      }
    } catch (LeaseStoreException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
