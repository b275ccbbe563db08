package io.millrace.lease.plan;

import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

// Everybody computes the same target from the same view and acts only for itself. There is no
// leader, and nobody takes a lease from a session that lives: a lease changes hands because its
// owner gives it, or because it is free. So a wrong or outdated view costs a detour, never a
// contest: the worst that two disagreeing planners can do is to claim the same free lease, and the
// row's condition decides that.
//
// What must stay true:
// - The target depends on sessions and rows only (TargetAssignment). Who looks, what that worker
//   has in flight, and how long anything has lasted decide only when it acts.
// - A plan never makes a session hold more than its maxLeases, by claims or by hand-offs. What
//   arrives while the plan runs (a hand-off that was announced to us) is counted before it comes.
// - Every action follows from the view alone; with the actions' effects in the view, the next plan
//   is smaller, until it is empty. LeasePlannerConvergenceTest drives random fleets to that point.

/** Decides which leases this worker claims and which it hands off. Pure. */
public final class LeasePlanner {

  private LeasePlanner() {}

  /**
   * The plan for {@code view.me()}.
   *
   * <p>A session that is not in view (not joined, or lost) has nothing to do, and its plan says so.
   *
   * @throws IllegalArgumentException if a session or a lease is in the view twice
   */
  public static LeasePlan plan(FleetView view) {
    return new Planning(view).plan();
  }

  /**
   * The leases that somebody should process: not finished, and every parent finished or without a
   * row.
   *
   * @param leases all readable rows
   */
  public static SortedSet<LeaseKey> eligible(Collection<Lease> leases) {
    SortedSet<LeaseKey> unfinished = new TreeSet<>();
    for (Lease lease : leases) {
      if (!lease.isFinished()) {
        unfinished.add(lease.key());
      }
    }
    SortedSet<LeaseKey> eligible = new TreeSet<>();
    for (Lease lease : leases) {
      if (!lease.isFinished() && lease.parents().stream().noneMatch(unfinished::contains)) {
        eligible.add(lease.key());
      }
    }
    return eligible;
  }

  /** How long a lease must have been free before this session, not being its target, claims it. */
  static long freeClaimDelayMillis(LeaseKey key, SessionId session, PlanSettings settings) {
    long spread = settings.freeClaimSpreadMillis() + 1;
    return settings.freeClaimMillis()
        + Long.remainderUnsigned(hash(key.value() + ' ' + session.value()), spread);
  }

  // FNV-1a, then mixed: written out, so that it is the same on every JVM and in every version
  private static long hash(String text) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    return hash ^ (hash >>> 33);
  }

  private static final class Planning {
    private final FleetView view;
    private final SortedMap<SessionId, Session> sessions = new TreeMap<>();
    private final SortedMap<String, SessionId> ids = new TreeMap<>();
    private final SortedMap<SessionId, Session> active = new TreeMap<>();
    private final SortedMap<LeaseKey, LeaseView> leases = new TreeMap<>();

    /** How many unfinished leases each session in view has or is about to have. */
    private final SortedMap<SessionId, Integer> counts = new TreeMap<>();

    private final List<LeaseAction> actions = new ArrayList<>();
    private long wakeAtMillis = Long.MAX_VALUE;

    Planning(FleetView view) {
      this.view = view;
      for (Session session : view.sessions()) {
        if (sessions.put(session.id(), session) != null) {
          throw new IllegalArgumentException("Session " + session.id() + " is in the view twice");
        }
        ids.put(session.id().value(), session.id());
        if (!session.leaving()) {
          active.put(session.id(), session);
        }
      }
      for (LeaseView lease : view.leases()) {
        if (leases.put(lease.lease().key(), lease) != null) {
          throw new IllegalArgumentException(
              "Lease " + lease.lease().key() + " is in the view twice");
        }
      }
    }

    LeasePlan plan() {
      SortedSet<LeaseKey> eligible =
          eligible(view.leases().stream().map(LeaseView::lease).toList());
      List<TargetAssignment.Entry> entries = new ArrayList<>();
      for (LeaseView lease : leases.values()) {
        if (lease.lease().isFinished()) {
          continue;
        }
        TargetAssignment.Entry entry = entry(lease);
        if (eligible.contains(entry.key())) {
          entries.add(entry);
        }
        // a lease on its way takes room at both ends
        Optional<SessionId> owner = owner(lease);
        owner.ifPresent(this::count);
        if (!entry.current().equals(owner)) {
          entry.current().ifPresent(this::count);
        }
        boolean claiming = lease.holder() == Holder.FREE && lease.busy();
        if (claiming && !entry.current().equals(Optional.of(view.me()))) {
          count(view.me());
        }
      }
      TargetAssignment.Target assigned = TargetAssignment.assign(active, entries, this::isByLoad);
      SortedMap<LeaseKey, SessionId> target = assigned.lease();

      Session me = sessions.get(view.me());
      if (me == null) {
        return new LeasePlan(List.of(), OptionalLong.empty(), target);
      }
      if (me.leaving()) {
        leave(target);
      } else {
        claim(target, eligible);
        handOff(target);
        if (view.loads() != null && actions.isEmpty()) {
          evenOut(assigned.bands(), eligible);
        }
      }
      return new LeasePlan(
          actions,
          wakeAtMillis == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(wakeAtMillis),
          target);
    }

    private TargetAssignment.Entry entry(LeaseView lease) {
      SessionId heir = lease.lease().heir();
      Optional<SessionId> owner = owner(lease);
      if (heir != null && active.containsKey(heir) && !owner.equals(Optional.of(heir))) {
        return new TargetAssignment.Entry(lease.lease().key(), Optional.of(heir), false);
      }
      return new TargetAssignment.Entry(lease.lease().key(), owner, true);
    }

    /** The session in view that owns the lease, whether it lives on or is leaving. */
    private Optional<SessionId> owner(LeaseView lease) {
      return switch (lease.holder()) {
        case ME -> Optional.ofNullable(ids.get(view.me().value()));
        case FREE -> Optional.empty();
        case OTHER ->
            lease.lease().owner() == null
                ? Optional.empty()
                : Optional.ofNullable(ids.get(lease.lease().owner()));
      };
    }

    private void claim(SortedMap<LeaseKey, SessionId> target, SortedSet<LeaseKey> eligible) {
      for (LeaseKey key : eligible) {
        LeaseView lease = leases.get(key);
        if (isClaimable(lease) && view.me().equals(target.get(key))) {
          // one announced to me by an owner that died since is counted already
          boolean counted = entry(lease).current().equals(Optional.of(view.me()));
          if (counted || hasRoom(view.me())) {
            actions.add(new LeaseAction.ClaimLease(lease.lease()));
            if (!counted) {
              count(view.me());
            }
          }
        }
      }
      List<LeaseView> waiting = new ArrayList<>();
      for (LeaseKey key : eligible) {
        LeaseView lease = leases.get(key);
        if (isClaimable(lease) && !view.me().equals(target.get(key)) && hasRoom(view.me())) {
          long claimAt =
              lease.sinceMillis() + freeClaimDelayMillis(key, view.me(), view.settings());
          if (claimAt <= view.nowMillis()) {
            actions.add(new LeaseAction.ClaimLease(lease.lease()));
            count(view.me());
          } else {
            waiting.add(lease);
          }
        }
      }
      if (hasRoom(view.me())) {
        for (LeaseView lease : waiting) {
          wakeAt(
              lease.sinceMillis()
                  + freeClaimDelayMillis(lease.lease().key(), view.me(), view.settings()));
        }
      }
    }

    private static boolean isClaimable(LeaseView lease) {
      return lease.holder() == Holder.FREE && !lease.busy();
    }

    private void handOff(SortedMap<LeaseKey, SessionId> target) {
      int held = 0;
      int draining = 0;
      for (LeaseView lease : leases.values()) {
        if (lease.holder() == Holder.ME && !lease.lease().isFinished()) {
          held++;
          draining += lease.busy() ? 1 : 0;
        }
      }
      int allowance = Math.max(view.settings().minDraining(), held / 4) - draining;
      long earliest = Long.MAX_VALUE;
      for (LeaseView lease : leases.values()) {
        SessionId heir = target.get(lease.lease().key());
        if (!isMineToGive(lease) || heir == null || heir.equals(view.me())) {
          continue;
        }
        long heldEnoughAt = lease.sinceMillis() + view.settings().minHoldMillis();
        if (heldEnoughAt > view.nowMillis()) {
          earliest = Math.min(earliest, heldEnoughAt);
        } else if (allowance > 0 && reserve(lease, heir)) {
          actions.add(new LeaseAction.HandOffLease(lease.lease().key(), heir));
          allowance--;
        }
      }
      if (allowance > 0 && earliest != Long.MAX_VALUE) {
        wakeAt(earliest);
      }
    }

    private boolean isByLoad(Session session) {
      return view.loads() != null && view.loads().isComparable(session.load());
    }

    /** Gives one lease away for the load's sake; only when nothing else is to be done. */
    private void evenOut(
        SortedMap<SessionId, TargetAssignment.Band> bands, SortedSet<LeaseKey> eligible) {
      List<LoadBalance.Party> parties = new ArrayList<>();
      LoadBalance.Party me = null;
      for (SessionId id : bands.keySet()) {
        LoadBalance.Party party = party(active.get(id), bands.get(id));
        parties.add(party);
        if (id.equals(view.me())) {
          me = party;
        }
      }
      if (me == null) {
        return;
      }
      Optional<LoadBalance.Party> taker = LoadBalance.taker(parties, me, view.loads().unit());
      if (taker.isEmpty()) {
        return;
      }
      SortedMap<LeaseKey, Long> candidates = new TreeMap<>();
      for (LeaseView lease : leases.values()) {
        Long load = view.loads().leases().get(lease.lease().key());
        if (lease.holder() != Holder.ME || lease.lease().isFinished()) {
          continue;
        }
        if (lease.busy()) {
          return; // what is on its way first has to arrive
        }
        if (load != null
            && eligible.contains(lease.lease().key())
            && lease.sinceMillis() + LoadBalance.MIN_HOLD_MILLIS <= view.nowMillis()) {
          candidates.put(lease.lease().key(), load);
        }
      }
      LoadBalance.lease(me, taker.get(), candidates)
          .ifPresent(key -> actions.add(new LeaseAction.HandOffLease(key, taker.get().id())));
    }

    private LoadBalance.Party party(Session session, TargetAssignment.Band band) {
      long still = view.loads().stillMillis().getOrDefault(session.id(), 0L);
      return new LoadBalance.Party(
          session.id(),
          session.load().perSecond(),
          session.weight(),
          still >= LoadBalance.STILL_MILLIS,
          band.held() > band.least(),
          band.held() < band.most() && hasRoom(session.id()));
    }

    private void leave(SortedMap<LeaseKey, SessionId> target) {
      for (LeaseView lease : leases.values()) {
        if (isMineToGive(lease)) {
          LeaseKey key = lease.lease().key();
          SessionId heir = target.get(key);
          actions.add(
              heir != null && reserve(lease, heir)
                  ? new LeaseAction.HandOffLease(key, heir)
                  : new LeaseAction.ReleaseLease(key));
        }
      }
    }

    private static boolean isMineToGive(LeaseView lease) {
      return lease.holder() == Holder.ME && !lease.busy() && !lease.lease().isFinished();
    }

    /** Counts the lease for its heir, if that session has room for it. */
    private boolean reserve(LeaseView lease, SessionId heir) {
      if (entry(lease).current().equals(Optional.of(heir))) {
        return true; // announced to it before, and counted
      }
      if (!hasRoom(heir)) {
        return false;
      }
      count(heir);
      return true;
    }

    private boolean hasRoom(SessionId session) {
      return counts.getOrDefault(session, 0) < sessions.get(session).maxLeases();
    }

    private void count(SessionId session) {
      counts.merge(session, 1, Integer::sum);
    }

    private void wakeAt(long millis) {
      wakeAtMillis = Math.min(wakeAtMillis, millis);
    }
  }
}
