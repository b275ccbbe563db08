package io.millrace.kcl.engine;

import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionId;
import io.millrace.lease.plan.FleetView;
import io.millrace.lease.plan.Holder;
import io.millrace.lease.plan.LeaseAction;
import io.millrace.lease.plan.LeasePlan;
import io.millrace.lease.plan.LeasePlanner;
import io.millrace.lease.plan.LeaseView;
import io.millrace.lease.plan.PlanSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;

/**
 * Who takes what: gathers what this worker knows, asks {@link LeasePlanner}, and begins what it
 * says. Lives on the loop.
 */
final class Assignment {

  /** How often loads are compared, if nothing else asks for a plan. */
  private static final long LOADS_MILLIS = 5_000;

  private final WorkerContext context;
  private final Consumers consumers;
  private final Claims claims;
  private final HandOffs handOffs;
  private final Loads loads;

  Assignment(
      WorkerContext context, Consumers consumers, Claims claims, HandOffs handOffs, Loads loads) {
    this.context = context;
    this.loads = loads;
    this.consumers = consumers;
    this.claims = claims;
    this.handOffs = handOffs;
  }

  void plan(long now) {
    context.agenda().planBegins();
    SessionId me = context.membership().me().orElseThrow();
    adopt(me);
    SortedSet<LeaseKey> eligible = LeasePlanner.eligible(context.book().leases());
    List<LeaseView> views = new ArrayList<>();
    for (Lease lease : context.book().leases()) {
      views.add(view(lease, eligible.contains(lease.key()), now));
    }
    FleetView view =
        new FleetView(me, context.membership().sessions(), views, now, PlanSettings.DEFAULTS);
    LeasePlan plan =
        LeasePlanner.plan(loads.areBalanced() ? view.withLoads(loads.view(now)) : view);
    long again = plan.wakeAtMillis().orElse(Long.MAX_VALUE);
    context.agenda().wantPlanAt(loads.areBalanced() ? Math.min(again, now + LOADS_MILLIS) : again);
    for (LeaseAction action : plan.actions()) {
      if (action instanceof LeaseAction.ClaimLease claim) {
        claims.add(claim.seen());
      } else if (action instanceof LeaseAction.HandOffLease handOff) {
        handOffs.begin(handOff.key(), handOff.heir());
      } else if (action instanceof LeaseAction.ReleaseLease release) {
        consumers.get(release.key()).drain(Optional.empty());
      }
    }
    claims.startNext();
  }

  /** Takes leases that rows give to this worker: handed to it, or claimed without an answer. */
  private void adopt(SessionId me) {
    for (Lease lease : context.book().adoptable(me, consumers.keys())) {
      if (!claims.isClaiming(lease.key())) {
        consumers.hold(lease, me, "handed over");
      }
    }
  }

  private LeaseView view(Lease lease, boolean eligible, long now) {
    ShardConsumer consumer = consumers.get(lease.key());
    if (consumer != null && !consumer.isLost()) {
      boolean busy = consumer.isEnding() || handOffs.isAnnounced(lease.key());
      return new LeaseView(lease, Holder.ME, consumer.heldSinceMillis(), busy);
    }
    Holder holder = context.book().holder(lease, context.membership());
    if (holder == Holder.OTHER
        && lease.ownerSession().filter(owner -> !context.membership().isAlive(owner)).isPresent()) {
      context.agenda().ownerUnknown();
    }
    boolean free = holder == Holder.FREE && eligible && !lease.isFinished();
    long since = context.book().freeSince(lease.key(), free, now);
    return new LeaseView(lease, holder, since, consumer != null || claims.isClaiming(lease.key()));
  }
}
