package io.millrace.simulation;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.engine.Batch;
import io.millrace.kcl.engine.EnginePorts;
import io.millrace.kcl.engine.GivenUp;
import io.millrace.kcl.engine.ShardCheckpointer;
import io.millrace.kcl.stream.ReadResult;
import io.millrace.kcl.stream.StartPosition;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.kcl.time.Clock;
import io.millrace.lease.HeldLease;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseScan;
import io.millrace.lease.LeaseStore;
import io.millrace.lease.LeaseStore.BeatResult;
import io.millrace.lease.LeaseStore.ExpireResult;
import io.millrace.lease.LeaseStore.JoinResult;
import io.millrace.lease.LeaseStore.OwnerResult;
import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.PendingCheckpoint;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionPage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Defects that somebody could build into Millrace, each as a change of what is behind one of the
 * worker's ports or of how it talks to it, so that no production class needs a switch.
 */
enum PlantedBug implements Mutation {
  /** A checkpoint is conditional on the previous one, and not on owner and token. */
  NO_FENCING(
      Family.LATE_WRITES,
      40,
      store ->
          new ForwardingStore(store) {
            private HeldLease anybody(HeldLease held) {
              Lease row = row(to, held.key());
              return row == null || row.owner() == null
                  ? held
                  : new HeldLease(held.key(), new SessionId(row.owner()), row.counter());
            }

            @Override
            public CompletionStage<OwnerResult> checkpoint(
                HeldLease held, Checkpoint previous, Checkpoint next) {
              return to.checkpoint(anybody(held), previous, next);
            }

            @Override
            public CompletionStage<OwnerResult> prepare(
                HeldLease held,
                Checkpoint previous,
                PendingCheckpoint previousPending,
                PendingCheckpoint pending) {
              return to.prepare(anybody(held), previous, previousPending, pending);
            }
          }),

  /** A checkpoint is not conditional on the previous one. */
  NO_PREVIOUS_CHECKPOINT(
      Family.LATE_WRITES,
      50,
      store ->
          new ForwardingStore(store) {
            @Override
            public CompletionStage<OwnerResult> checkpoint(
                HeldLease held, Checkpoint previous, Checkpoint next) {
              Lease row = row(to, held.key());
              return to.checkpoint(held, row == null ? previous : row.checkpoint(), next);
            }
          }),

  /** A claim is not conditional on owner and counter. */
  CLAIM_WITHOUT_CONDITION(
      Family.EXPIRY_RACES,
      10,
      store ->
          new ForwardingStore(store) {
            @Override
            public CompletionStage<OwnerResult> claim(
                Lease seen, SessionId claimant, OptionalLong startAt) {
              Lease row = row(to, seen.key());
              return to.claim(row == null ? seen : row, claimant, startAt);
            }
          }),

  /** A heartbeat of a session that was expired is answered as if it lived. */
  BEAT_WITHOUT_CONDITION(
      Family.EXPIRY_RACES,
      10,
      store ->
          new ForwardingStore(store) {
            @Override
            public CompletionStage<BeatResult> beat(Session session) {
              return to.beat(session)
                  .thenApply(
                      result ->
                          result instanceof BeatResult.SessionLost
                              ? now(to.readPage(session.id().page()))
                                  .<BeatResult>map(BeatResult.Alive::new)
                                  .orElse(result)
                              : result);
            }
          }),

  /** An entry is removed whatever its heartbeat says by then. */
  EXPIRE_WITHOUT_CONDITION(
      Family.EXPIRY_RACES,
      30,
      store ->
          new ForwardingStore(store) {
            @Override
            public CompletionStage<ExpireResult> expire(SessionId session, long observedBeat) {
              long beat =
                  now(to.readPage(session.page()))
                      .flatMap(page -> page.session(session))
                      .map(Session::beat)
                      .orElse(observedBeat);
              return to.expire(session, beat);
            }
          }),

  /** The rows of children are written after SHARD_END. */
  CHILDREN_AFTER_SHARD_END(
      Family.RESHARDING,
      10,
      store ->
          new ForwardingStore(store) {
            private final List<Lease> later = new ArrayList<>();

            @Override
            public CompletionStage<Lease> create(Lease lease) {
              boolean waits =
                  lease.parents().stream()
                      .anyMatch(p -> row(to, p) != null && !row(to, p).isFinished());
              if (waits) {
                later.add(lease);
                return CompletableFuture.completedFuture(lease);
              }
              return to.create(lease);
            }

            @Override
            public CompletionStage<Optional<SessionPage>> bump() {
              later.removeIf(
                  lease -> {
                    boolean due =
                        lease.parents().stream()
                            .allMatch(p -> row(to, p) == null || row(to, p).isFinished());
                    if (due) {
                      to.create(lease);
                    }
                    return due;
                  });
              return to.bump();
            }
          }),

  /** The child of a merge knows one of its parents. */
  ONE_PARENT_OF_A_MERGE(
      Family.STALE_SCANS,
      10,
      store ->
          new ForwardingStore(store) {
            @Override
            public CompletionStage<Lease> create(Lease lease) {
              return to.create(
                  lease.parents().size() < 2
                      ? lease
                      : withParents(lease, new TreeSet<>(List.of(lease.parents().first()))));
            }
          }),

  /** Children know no parents, and start at once. */
  NO_PARENTS(
      Family.STALE_SCANS,
      10,
      store ->
          new ForwardingStore(store) {
            @Override
            public CompletionStage<Lease> create(Lease lease) {
              return to.create(withParents(lease, Collections.emptySortedSet()));
            }
          }),

  /** Nobody is told of changes. */
  NO_BUMP(
      Family.RESHARDING,
      10,
      store ->
          new ForwardingStore(store) {
            @Override
            public CompletionStage<Optional<SessionPage>> bump() {
              return to.readPage(0);
            }
          }),

  /** A new session's page is shown as it was before it joined, for a while. */
  STALE_PAGES(
      Family.JOINS,
      80,
      store ->
          new ForwardingStore(store) {
            private int reads;

            @Override
            public CompletionStage<Optional<SessionPage>> readPage(int page) {
              return to.readPage(page)
                  .thenApply(
                      read ->
                          read.map(
                              p ->
                                  ++reads % 3 != 0 || p.sessions().size() < 2
                                      ? p
                                      : new SessionPage(
                                          p.number(),
                                          p.version(),
                                          p.joins(),
                                          p.sessions().headMap(p.sessions().lastKey()),
                                          p.pageCount(),
                                          p.generation())));
            }
          }),

  /** Observers are told a shorter failover time than the worker fences itself by. */
  FENCE_TOO_LATE(
      Family.DOUBTFUL_HAND_OVERS,
      30,
      ports ->
          ports.withStore(
              new ForwardingStore(ports.store()) {
                private Session impatient(Session s) {
                  return new Session(
                      s.id(),
                      s.beat(),
                      s.failoverMillis() / 2,
                      s.weight(),
                      s.maxLeases(),
                      s.load(),
                      s.leaving());
                }

                @Override
                public CompletionStage<JoinResult> join(Session session) {
                  return to.join(impatient(session));
                }

                @Override
                public CompletionStage<BeatResult> beat(Session session) {
                  return to.beat(impatient(session));
                }
              }),
      null),

  /** A heartbeat without an answer counts as answered: no self-fencing. */
  NO_SELF_FENCING(
      Family.DOUBTFUL_HAND_OVERS,
      15,
      ports ->
          ports.withStore(
              new ForwardingStore(ports.store()) {
                private SessionPage last;

                @Override
                public CompletionStage<BeatResult> beat(Session session) {
                  return to.beat(session)
                      .handle(
                          (result, error) -> {
                            if (result instanceof BeatResult.Alive alive) {
                              last = alive.page();
                            }
                            if (error != null && last != null) {
                              return new BeatResult.Alive(last);
                            }
                            if (error != null) {
                              throw new LeaseStoreException(
                                  LeaseStoreException.Kind.NO_ANSWER, "injected", error);
                            }
                            return result;
                          });
                }
              }),
      null),

  /** Time is measured on the wall clock. */
  WALL_CLOCK(
      Family.ANY,
      120,
      ports ->
          new EnginePorts(
              ports.store(),
              ports.stream(),
              ports.processors(),
              new Clock() {
                @Override
                public long monotonicMillis() {
                  return ports.clock().wallMillis();
                }

                @Override
                public long wallMillis() {
                  return ports.clock().wallMillis();
                }
              },
              ports.scheduler(),
              ports.loop(),
              ports.random(),
              ports.events()),
      null),

  /** A checkpoint without an answer is taken for refused. */
  AMBIGUOUS_CHECKPOINT_FAILED(
      Family.LATE_WRITES,
      60,
      ports ->
          ports.withStore(
              new ForwardingStore(ports.store()) {
                @Override
                public CompletionStage<OwnerResult> checkpoint(
                    HeldLease held, Checkpoint previous, Checkpoint next) {
                  return to.checkpoint(held, previous, next)
                      .exceptionally(e -> new OwnerResult.Lost(Optional.empty()));
                }
              }),
      null),

  /** A release or hand-off without an answer is taken for done. */
  AMBIGUOUS_HAND_OFF_DONE(
      Family.DOUBTFUL_HAND_OVERS,
      40,
      ports ->
          ports.withStore(
              new ForwardingStore(ports.store()) {
                private final SortedMap<LeaseKey, Lease> seen = new TreeMap<>();

                @Override
                public CompletionStage<LeaseScan> scan() {
                  return to.scan()
                      .thenApply(
                          scan -> {
                            scan.leases().forEach(lease -> seen.put(lease.key(), lease));
                            return scan;
                          });
                }

                @Override
                public CompletionStage<OwnerResult> handOff(
                    HeldLease held, Optional<SessionId> successor) {
                  Lease known = seen.get(held.key());
                  return known == null
                      ? to.handOff(held, successor)
                      : to.handOff(held, successor).exceptionally(e -> new OwnerResult.Done(known));
                }
              }),
      null),

  /** A row whose creation had no answer is taken for created. */
  AMBIGUOUS_CREATE_DONE(
      Family.RESHARDING,
      40,
      ports ->
          ports.withStore(
              new ForwardingStore(ports.store()) {
                @Override
                public CompletionStage<Lease> create(Lease lease) {
                  return to.create(lease).exceptionally(e -> lease);
                }
              }),
      null),

  /** A consumer starts from the checkpoint as it was before the claim. */
  CHECKPOINT_FROM_BEFORE_THE_CLAIM(
      Family.EXPIRY_RACES,
      10,
      ports ->
          ports.withStore(
              new ForwardingStore(ports.store()) {
                @Override
                public CompletionStage<OwnerResult> claim(
                    Lease seen, SessionId claimant, OptionalLong startAt) {
                  return to.claim(seen, claimant, startAt)
                      .thenApply(
                          result ->
                              result instanceof OwnerResult.Done done
                                  ? new OwnerResult.Done(withCheckpoint(done.lease(), seen))
                                  : result);
                }
              }),
      null),

  /** LATEST is resolved anew whenever a shard is opened. */
  LATEST_AT_EVERY_OPEN(
      Family.LATE_WRITES,
      20,
      ports ->
          ports.withStream(
              new ForwardingStream(ports.stream()) {
                @Override
                public CompletionStage<String> open(LeaseKey shard, StartPosition position) {
                  return to.open(
                      shard,
                      position instanceof StartPosition.AtTimestamp
                          ? new StartPosition.AtTimestamp(ports.clock().wallMillis())
                          : position);
                }
              }),
      null),

  /** After an iterator has expired, reading goes on at the tip. */
  REOPEN_AT_THE_TIP(
      Family.EXPIRY_RACES,
      10,
      ports ->
          ports.withStream(
              new ForwardingStream(ports.stream()) {
                private final SortedSet<LeaseKey> opened = new TreeSet<>();

                @Override
                public CompletionStage<String> open(LeaseKey shard, StartPosition position) {
                  return to.open(
                      shard,
                      opened.add(shard) ? position : new StartPosition.AtTimestamp(Long.MAX_VALUE));
                }
              }),
      null),

  /** One record in a few hundred is dropped on the way. */
  DROPPED_RECORD(
      Family.EXPIRY_RACES,
      10,
      ports ->
          ports.withStream(
              new ForwardingStream(ports.stream()) {
                private int reads;

                @Override
                public CompletionStage<ReadResult> read(LeaseKey shard, String iterator, int max) {
                  return to.read(shard, iterator, max)
                      .thenApply(r -> r.records().isEmpty() || ++reads % 200 != 0 ? r : less(r));
                }

                private ReadResult less(ReadResult r) {
                  return with(r, r.records().subList(1, r.records().size()));
                }
              }),
      null),

  /** Records of one answer are delivered in the wrong order. */
  WRONG_ORDER(
      Family.ANY,
      5,
      ports ->
          ports.withStream(
              new ForwardingStream(ports.stream()) {
                @Override
                public CompletionStage<ReadResult> read(LeaseKey shard, String iterator, int max) {
                  return to.read(shard, iterator, max)
                      .thenApply(
                          r -> {
                            List<StreamRecord> turned = new ArrayList<>(r.records());
                            Collections.reverse(turned);
                            return with(r, turned);
                          });
                }
              }),
      null),

  /** A shard that cannot be read for a moment is taken for ended. */
  FAILURE_IS_THE_END(
      Family.EXPIRY_RACES,
      20,
      ports ->
          ports.withStream(
              new ForwardingStream(ports.stream()) {
                @Override
                public CompletionStage<ReadResult> read(LeaseKey shard, String iterator, int max) {
                  return to.read(shard, iterator, max)
                      .exceptionally(e -> new ReadResult(List.of(), null, List.of(), 0));
                }
              }),
      null),

  /** A batch whose processing has thrown is skipped. */
  FAILED_BATCH_SKIPPED(
      Family.ANY,
      60,
      ports ->
          ports.withProcessors(
              shard ->
                  new ForwardingProcessor(ports.processors().create(shard)) {
                    @Override
                    public CompletionStage<Void> process(
                        Batch batch, ShardCheckpointer checkpointer) {
                      return to.process(batch, checkpointer).exceptionally(e -> null);
                    }
                  }),
      null),

  /** A record is passed although its dead letter could not be stored. */
  DEAD_LETTER_LOST(
      Family.POISON_RECORDS,
      30,
      ports ->
          ports.withProcessors(
              shard ->
                  new ForwardingProcessor(ports.processors().create(shard)) {
                    @Override
                    public CompletionStage<Void> giveUp(GivenUp records) {
                      return to.giveUp(records).exceptionally(e -> null);
                    }
                  }),
      null),

  /** Only the first of several records that are given up together gets a dead letter. */
  ONE_DEAD_LETTER_FOR_ALL(
      Family.POISON_RECORDS,
      60,
      ports ->
          ports.withProcessors(
              shard ->
                  new ForwardingProcessor(ports.processors().create(shard)) {
                    @Override
                    public CompletionStage<Void> giveUp(GivenUp given) {
                      return to.giveUp(
                          new GivenUp(
                              given.records().subList(0, 1), given.cause(), given.attempts()));
                    }
                  }),
      null),

  /** The next call of a processor does not wait for the last one to return. */
  CALL_NOT_AWAITED(
      Family.ANY,
      5,
      ports ->
          ports.withProcessors(
              shard ->
                  new ForwardingProcessor(ports.processors().create(shard)) {
                    @Override
                    public CompletionStage<Void> process(
                        Batch batch, ShardCheckpointer checkpointer) {
                      to.process(batch, checkpointer);
                      return CompletableFuture.completedFuture(null);
                    }
                  }),
      null),

  /** A worker of another library is taken for nobody. */
  FOREIGN_OWNER_IGNORED(
      Family.HANDS_FROM_OUTSIDE,
      15,
      store ->
          new ForwardingStore(store) {
            @Override
            public CompletionStage<LeaseScan> scan() {
              return to.scan()
                  .thenApply(
                      scan ->
                          new LeaseScan(
                              scan.leases().stream().map(l -> withoutForeignOwner(l)).toList(),
                              scan.unreadable()));
            }

            @Override
            public CompletionStage<OwnerResult> claim(
                Lease seen, SessionId claimant, OptionalLong startAt) {
              Lease row = row(to, seen.key());
              boolean foreign = row != null && row.isForeignOwned();
              return to.claim(foreign ? row : seen, claimant, startAt);
            }
          }),

  /** A worker of another library is watched, but not what it does to its rows. */
  FOREIGN_OWNER_NOT_WATCHED(
      Family.ANOTHER_LIBRARYS_TABLE,
      3,
      store ->
          new ForwardingStore(store) {
            @Override
            public CompletionStage<LeaseScan> scan() {
              return to.scan()
                  .thenApply(
                      scan ->
                          new LeaseScan(
                              scan.leases().stream().map(l -> standingStill(l)).toList(),
                              scan.unreadable()));
            }
          });

  private final Family family;
  private final int withinSeeds;
  private final UnaryOperator<EnginePorts> client;
  private final UnaryOperator<LeaseStore> server;

  PlantedBug(Family family, int withinSeeds, Function<LeaseStore, LeaseStore> server) {
    this(family, withinSeeds, null, server::apply);
  }

  PlantedBug(
      Family family,
      int withinSeeds,
      UnaryOperator<EnginePorts> client,
      UnaryOperator<LeaseStore> server) {
    this.family = family;
    this.withinSeeds = withinSeeds;
    this.client = client;
    this.server = server;
  }

  /** The kind of trouble that shows it. */
  Family family() {
    return family;
  }

  /** So many seeds of that family, from 0 on, are enough to find it. */
  int withinSeeds() {
    return withinSeeds;
  }

  @Override
  public EnginePorts ports(EnginePorts ports) {
    return client == null ? ports : client.apply(ports);
  }

  @Override
  public LeaseStore table(LeaseStore table) {
    return server == null ? table : server.apply(table);
  }

  private static <T> T now(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private static Lease row(LeaseStore store, LeaseKey key) {
    CompletableFuture<Optional<Lease>> read = store.readLease(key).toCompletableFuture();
    return read.isCompletedExceptionally() ? null : read.join().orElse(null);
  }

  private static Lease withParents(Lease lease, SortedSet<LeaseKey> parents) {
    return Lease.unowned(
        lease.key(),
        lease.checkpoint(),
        lease.startAtMillis() == null
            ? OptionalLong.empty()
            : OptionalLong.of(lease.startAtMillis()),
        parents,
        lease.hashKeyRange());
  }

  private static Lease withCheckpoint(Lease lease, Lease from) {
    return new Lease(
        lease.key(),
        lease.owner(),
        lease.counter(),
        from.checkpoint(),
        from.pending(),
        from.startAtMillis(),
        lease.parents(),
        lease.children(),
        lease.hashKeyRange(),
        lease.endedAtMillis(),
        lease.heir(),
        lease.ownerSwitchesSinceCheckpoint());
  }

  private static Lease standingStill(Lease lease) {
    return !lease.isForeignOwned()
        ? lease
        : new Lease(
            lease.key(),
            lease.owner(),
            1,
            lease.checkpoint(),
            lease.pending(),
            lease.startAtMillis(),
            lease.parents(),
            lease.children(),
            lease.hashKeyRange(),
            lease.endedAtMillis(),
            lease.heir(),
            lease.ownerSwitchesSinceCheckpoint());
  }

  private static Lease withoutForeignOwner(Lease lease) {
    return !lease.isForeignOwned()
        ? lease
        : new Lease(
            lease.key(),
            null,
            lease.counter(),
            lease.checkpoint(),
            lease.pending(),
            lease.startAtMillis(),
            lease.parents(),
            lease.children(),
            lease.hashKeyRange(),
            lease.endedAtMillis(),
            lease.heir(),
            lease.ownerSwitchesSinceCheckpoint());
  }

  private static ReadResult with(ReadResult result, List<StreamRecord> records) {
    return new ReadResult(
        records, result.nextIterator(), result.childShards(), result.millisBehindLatest());
  }
}
