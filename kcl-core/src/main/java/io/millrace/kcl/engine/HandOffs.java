package io.millrace.kcl.engine;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionId;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Leases that this worker is about to hand to others: announced first, so that the heir can watch,
 * and drained a little later. Lives on the loop.
 */
final class HandOffs {

  /** How long an heir has to notice an announcement before its lease is drained. */
  private static final long ANNOUNCE_MILLIS = 2_500;

  private final WorkerContext context;
  private final Consumers consumers;
  private final SortedMap<LeaseKey, SessionId> announced = new TreeMap<>();

  HandOffs(WorkerContext context, Consumers consumers) {
    this.context = context;
    this.consumers = consumers;
  }

  boolean isAnnounced(LeaseKey key) {
    return announced.containsKey(key);
  }

  void begin(LeaseKey key, SessionId heir) {
    ShardConsumer consumer = consumers.get(key);
    announced.put(key, heir);
    consumer.announce(heir, () -> context.agenda().oweBump());
    context
        .loop()
        .after(
            ANNOUNCE_MILLIS,
            () -> {
              if (consumers.get(key) != consumer || !heir.equals(announced.get(key))) {
                return;
              }
              if (isFit(heir)) {
                consumer.drain(Optional.of(heir));
              } else {
                announced.remove(key);
                context.agenda().wantPlan();
              }
            });
  }

  private boolean isFit(SessionId heir) {
    return context.membership().sessions().stream()
        .anyMatch(s -> s.id().equals(heir) && !s.leaving());
  }

  /** The lease was let go, or lost. */
  void forget(LeaseKey key) {
    announced.remove(key);
  }

  /** The session is over. */
  void clear() {
    announced.clear();
  }
}
