package io.millrace.kcl.engine;

import io.millrace.kcl.stream.StreamException;
import io.millrace.lease.Application;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionId;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The consumers of the leases that this worker holds, at most one per lease from the moment it is
 * held until its last callback has returned; and the answers to what they ask. Lives on the loop.
 */
final class Consumers implements ShardConsumer.Host {

  interface Host {
    Application application();

    /** Whether new consumers may start: the worker runs and is not on its way out. */
    boolean isRunning();

    boolean isStopped();

    /** A lease has arrived: nothing that led to it is needed any more. */
    void held(LeaseKey key);

    /** A lease was let go, or lost. */
    void letGo(LeaseKey key);

    /** One consumer less. */
    void consumerStopped();
  }

  /** A worker that leaves with a thousand leases gives the store no thousand requests at once. */
  static final int MAX_GIVEN_AT_A_TIME = 64;

  private final WorkerContext context;
  private final Host host;
  private final ByteBudget budget;
  private final Succeeding succeeding;
  private final Audit audit;
  private final LongSupplier retentionMillis;
  private final SortedMap<LeaseKey, ShardConsumer> consumers = new TreeMap<>();
  private final SortedSet<LeaseKey> givingAway = new TreeSet<>();
  private final Deque<ShardConsumer> waitingToGive = new ArrayDeque<>();
  private boolean heldBack;

  Consumers(WorkerContext context, Audit audit, LongSupplier retentionMillis, Host host) {
    this.retentionMillis = retentionMillis;
    this.context = context;
    this.host = host;
    this.budget = new ByteBudget(context.settings().reading().prefetchBytes());
    this.succeeding = new Succeeding(context.ports(), context.loop());
    this.audit = audit;
  }

  // ---- what the worker asks

  /** By lease key; a copy, since consumers may stop while one goes through it. */
  List<ShardConsumer> all() {
    return List.copyOf(consumers.values());
  }

  /** Null if there is none. */
  ShardConsumer get(LeaseKey key) {
    return consumers.get(key);
  }

  Set<LeaseKey> keys() {
    return Collections.unmodifiableSet(consumers.keySet());
  }

  int count() {
    return consumers.size();
  }

  boolean isEmpty() {
    return consumers.isEmpty();
  }

  long bufferedBytes() {
    return budget.usedBytes();
  }

  /** A lease has become ours. */
  void hold(Lease lease, SessionId me, String how) {
    ShardConsumer consumer =
        new ShardConsumer(
            lease,
            lease.heldBy(me),
            this,
            context.ports(),
            context.loop(),
            context.settings(),
            budget);
    consumers.put(lease.key(), consumer);
    host.held(lease.key());
    context.ports().events().leaseTaken(lease.key(), lease.counter(), how);
    context.agenda().wantPlan();
    if (host.isRunning()) {
      consumer.start();
    }
  }

  void loseAll(String why) {
    waitingToGive.clear();
    for (ShardConsumer consumer : all()) {
      consumer.lose(why);
    }
  }

  /** True once after a consumer asked, and was told that this worker is fenced. */
  boolean takeHeldBack() {
    boolean result = heldBack;
    heldBack = false;
    return result;
  }

  // ---- what consumers ask

  @Override
  public boolean isFenced() {
    boolean fenced = context.isFencedNow();
    heldBack |= fenced;
    return fenced;
  }

  @Override
  public boolean mayDeliver() {
    return !context.isFencedNow();
  }

  @Override
  public void rowChanged(Lease lease) {
    context.book().seen(lease, context.now());
  }

  @Override
  public void rowGone(LeaseKey key) {
    context.book().gone(key);
  }

  @Override
  public CompletionStage<Optional<Lease>> readRow(LeaseKey key) {
    return context.ports().store().readLease(key);
  }

  @Override
  public void createSuccessors(ShardConsumer consumer, Consumer<SortedSet<LeaseKey>> created) {
    succeeding.createRows(
        new Succeeding.Request(
            consumer.lease(),
            consumer.childrenFromStream(),
            host.application(),
            () -> context.book().leases(),
            this::isFenced,
            () -> consumer.isLost() || host.isStopped(),
            row -> {
              context.book().seen(row, context.now());
              context.agenda().oweBump();
            },
            created));
  }

  @Override
  public void leaseLost(ShardConsumer consumer, String why) {
    letGo(consumer);
    context.agenda().oweBump(); // a write of ours without an answer may have taken effect
    context.ports().events().leaseLost(consumer.shard(), consumer.held().token(), why);
  }

  @Override
  public void finished(ShardConsumer consumer) {
    letGo(consumer);
    context.agenda().oweBump();
  }

  @Override
  public void handedOver(ShardConsumer consumer) {
    letGo(consumer);
    context.agenda().oweBump();
  }

  @Override
  public void awaitTurnToGiveAway(ShardConsumer consumer) {
    waitingToGive.add(consumer);
    giveNext();
  }

  private void giveNext() {
    while (givingAway.size() < MAX_GIVEN_AT_A_TIME && !waitingToGive.isEmpty()) {
      ShardConsumer next = waitingToGive.remove();
      givingAway.add(next.shard());
      next.giveAway();
    }
  }

  private void letGo(ShardConsumer consumer) {
    context.book().letGo(consumer.shard(), consumer.held().token());
    host.letGo(consumer.shard());
    context.agenda().wantPlan();
    waitingToGive.remove(consumer);
    givingAway.remove(consumer.shard());
    giveNext();
  }

  @Override
  public void stopped(ShardConsumer consumer) {
    if (consumers.remove(consumer.shard(), consumer)) {
      context.agenda().wantPlan();
      host.consumerStopped();
    }
  }

  @Override
  public void shardNotFound(ShardConsumer consumer, StreamException cause) {
    audit.checkShard(
        host.application(),
        consumer.shard(),
        context.fatal(),
        gone -> {
          if (gone) {
            consumer.shardExpired();
          }
        });
  }

  @Override
  public long retentionMillis() {
    return retentionMillis.getAsLong();
  }

  @Override
  public void fatal(Throwable cause) {
    context.fatal().accept(cause);
  }
}
