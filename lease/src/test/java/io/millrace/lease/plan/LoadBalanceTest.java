package io.millrace.lease.plan;

import static io.millrace.lease.plan.TestFleet.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionLoad;
import io.millrace.lease.plan.LeaseAction.HandOffLease;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LoadBalanceTest {

  private static final int RUNS = 60;
  private static final long ROUND_MILLIS = 5_000;

  private final TestFleet fleet = new TestFleet();

  /** One lease changed hands. */
  private record Move(LeaseKey lease, SessionId from, SessionId to) {}

  private void loads(long... perSecond) {
    for (int i = 0; i < perSecond.length; i++) {
      fleet.loads.put(key(i), perSecond[i]);
    }
  }

  /** Sessions a, b, … with so many leases each, held for long. */
  private List<SessionId> sessions(int... leases) {
    List<SessionId> ids = new ArrayList<>();
    int next = 0;
    for (int count : leases) {
      SessionId id = fleet.join("" + (char) ('a' + ids.size()));
      for (int i = next; i < next + count; i++) {
        fleet.lease(i);
      }
      fleet.give(id, next, next + count);
      next += count;
      ids.add(id);
    }
    fleet.nowMillis += 100_000;
    return ids;
  }

  @Test
  void the_most_loaded_gives_the_least_loaded_the_lease_that_evens_them_out_best() {
    List<SessionId> ids = sessions(3, 3, 3);
    loads(500, 300, 260, 300, 200, 100, 20, 30, 50);
    assertThat(fleet.plan(ids.get(0)).actions())
        .containsExactly(new HandOffLease(key(0), ids.get(2)));
    assertThat(fleet.plan(ids.get(1)).actions()).isEmpty();
    assertThat(fleet.plan(ids.get(2)).actions()).isEmpty();
  }

  @Test
  void a_gap_of_less_than_thirty_percent_of_the_mean_is_left_alone() {
    List<SessionId> ids = sessions(3, 3);
    loads(400, 400, 340, 400, 400, 60); // 1,140 and 860: a gap of 28 %
    assertThat(fleet.plan(ids.get(0)).actions()).isEmpty();
    loads(400, 400, 400, 400, 400, 60); // 1,200 and 860: a gap of 33 %, but nothing fits into it
    assertThat(fleet.plan(ids.get(0)).actions()).isEmpty();
    loads(600, 500, 100, 400, 400, 60);
    assertThat(fleet.plan(ids.get(0)).actions())
        .containsExactly(new HandOffLease(key(2), ids.get(1)));
  }

  @Test
  void loads_that_are_hardly_any_are_left_alone() {
    List<SessionId> ids = sessions(3, 3);
    loads(4, 3, 2, 0, 0, 0);
    assertThat(fleet.plan(ids.get(0)).actions()).isEmpty();
    loads(40, 30, 20, 0, 0, 0);
    assertThat(fleet.plan(ids.get(0)).actions()).hasSize(1);
  }

  @Test
  void nothing_moves_until_both_sides_have_been_still_for_a_while_and_the_lease_was_held() {
    List<SessionId> ids = sessions(3, 3);
    loads(40, 30, 20, 0, 0, 0);
    fleet.announce(key(5), ids.get(1)); // of no effect, but b has changed
    assertThat(fleet.plan(ids.get(0)).actions()).isEmpty();
    fleet.nowMillis += LoadBalance.STILL_MILLIS - 1;
    assertThat(fleet.plan(ids.get(0)).actions()).isEmpty();
    fleet.nowMillis += 1;
    assertThat(fleet.plan(ids.get(0)).actions()).hasSize(1);

    TestFleet young = new TestFleet();
    SessionId a = young.join("a");
    SessionId b = young.join("b");
    young.leases(6);
    young.settle();
    for (int i = 0; i < 6; i++) {
      young.loads.put(key(i), young.rows.get(key(i)).isOwnedBy(a) ? 100L : 0L);
    }
    young.nowMillis = 1_000_000 + LoadBalance.MIN_HOLD_MILLIS - 1;
    assertThat(young.plan(a).actions()).isEmpty();
    young.nowMillis += 1;
    assertThat(young.plan(a).actions()).hasSize(1);
    assertThat(young.plan(b).actions()).isEmpty();
  }

  @Test
  void nobody_gives_below_the_band_around_its_share_or_takes_above_it_or_above_its_maximum() {
    // a share of 4 each: from 2 to 6
    List<SessionId> ids = sessions(2, 6);
    loads(900, 900, 1, 1, 1, 1, 1, 1);
    assertThat(fleet.plan(ids.get(0)).actions()).isEmpty();
    assertThat(fleet.plan(ids.get(1)).actions()).isEmpty();

    TestFleet limited = new TestFleet();
    SessionId a = limited.join("a");
    SessionId b = limited.join("b", Session.DEFAULT_WEIGHT, 3);
    limited.leases(8);
    limited.give(a, 0, 5);
    limited.give(b, 5, 8);
    for (int i = 0; i < 8; i++) {
      limited.loads.put(key(i), i < 5 ? 200L : 1L);
    }
    assertThat(limited.plan(a).actions()).isEmpty();
  }

  @Test
  void by_number_leases_stay_within_the_band_and_beyond_it_they_move() {
    List<SessionId> ids = sessions(6, 2);
    loads(10, 10, 10, 10, 10, 10, 30, 30); // even, by load
    assertThat(fleet.round()).isEmpty();
    fleet.loads.clear();
    assertThat(fleet.plan(ids.get(0)).actions()).hasSize(2);

    TestFleet beyond = new TestFleet();
    SessionId a = beyond.join("a");
    SessionId b = beyond.join("b");
    beyond.leases(8);
    beyond.give(a, 0, 7);
    beyond.give(b, 7, 8);
    for (int i = 0; i < 8; i++) {
      beyond.loads.put(key(i), i < 7 ? 10L : 70L);
    }
    assertThat(beyond.plan(a).actions()).containsExactly(new HandOffLease(key(6), b));
  }

  @Test
  void a_joining_session_that_says_no_load_yet_gets_its_whole_share_at_once() {
    List<SessionId> ids = sessions(6, 6);
    loads(10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10);
    SessionId c = fleet.join("c");
    fleet.byNumber.add(c);
    fleet.settle();
    assertThat(fleet.held(c)).isEqualTo(4);
    assertThat(fleet.held(ids.get(0))).isEqualTo(4);
    fleet.byNumber.clear();
    fleet.settle();
    assertThat(fleet.held(c)).isEqualTo(4);
  }

  @Test
  void a_session_that_counts_something_else_is_left_out() {
    List<SessionId> ids = sessions(3, 3);
    loads(100, 100, 100, 0, 0, 0);
    FleetView view = fleet.view(ids.get(0));
    List<Session> sessions = new ArrayList<>(view.sessions());
    sessions.set(1, sessions.get(1).withLoad(new SessionLoad(SessionLoad.Unit.BYTES, 1)));
    FleetView mixed =
        new FleetView(view.me(), sessions, view.leases(), view.nowMillis(), view.settings())
            .withLoads(view.loads());
    assertThat(LeasePlanner.plan(view).actions()).hasSize(1);
    assertThat(LeasePlanner.plan(mixed).actions()).isEmpty();
  }

  // ---- random fleets

  private static TestFleet random(Random random, boolean weighted) {
    TestFleet fleet = new TestFleet();
    int workers = 2 + random.nextInt(7);
    for (int i = 0; i < workers; i++) {
      fleet.join(
          "worker" + i,
          weighted ? 100 * (1 + random.nextInt(4)) : 100,
          weighted && random.nextInt(4) == 0 ? 5 + random.nextInt(20) : Integer.MAX_VALUE);
    }
    int leases = workers * (1 + random.nextInt(12));
    fleet.leases(leases);
    fleet.settle();
    double sigma = 0.3 + random.nextDouble();
    for (int i = 0; i < leases; i++) {
      fleet.loads.put(key(i), Math.round(1_000 * Math.exp(sigma * random.nextGaussian())));
    }
    fleet.nowMillis += 100_000;
    return fleet;
  }

  /** Rounds until nobody has done anything for long enough; returns what moved, in order. */
  private static List<Move> settle(TestFleet fleet, String as) {
    List<Move> moves = new ArrayList<>();
    int quiet = 0;
    for (int i = 0; quiet < 15; i++) {
      assertThat(i).as(as + " never settles").isLessThan(2_000);
      SortedMap<LeaseKey, SessionId> owners = owners(fleet);
      int before = moves.size();
      owners(fleet).forEach((key, owner) -> assertThat(owner).as(as + " " + key).isNotNull());
      fleet.round();
      owners(fleet)
          .forEach(
              (key, owner) -> {
                if (!owner.equals(owners.get(key))) {
                  moves.add(new Move(key, owners.get(key), owner));
                }
              });
      quiet = moves.size() > before ? 0 : quiet + 1;
      fleet.nowMillis += ROUND_MILLIS;
    }
    return moves;
  }

  private static SortedMap<LeaseKey, SessionId> owners(TestFleet fleet) {
    SortedMap<LeaseKey, SessionId> owners = new TreeMap<>();
    fleet.rows.forEach((key, row) -> fleet.owner(row).ifPresent(id -> owners.put(key, id)));
    return owners;
  }

  private static double relative(TestFleet fleet, SessionId id) {
    return (double) fleet.carried(id) / fleet.sessions.get(id).weight();
  }

  private static double mean(TestFleet fleet) {
    double load = fleet.sessions.keySet().stream().mapToLong(fleet::carried).sum();
    return load / fleet.sessions.values().stream().mapToInt(Session::weight).sum();
  }

  /** Falls with every move that makes loads more even. */
  private static double unevenness(TestFleet fleet) {
    return fleet.sessions.keySet().stream()
        .mapToDouble(id -> relative(fleet, id) * fleet.carried(id))
        .sum();
  }

  @Test
  void random_fleets_come_to_rest_after_few_moves_and_no_lease_goes_back() {
    for (int seed = 0; seed < RUNS; seed++) {
      String as = "seed " + seed;
      TestFleet fleet = random(new Random(seed), seed % 2 == 0);
      double before = unevenness(fleet);
      List<Move> moves = settle(fleet, as);
      assertThat(moves.size()).as(as).isLessThanOrEqualTo(fleet.rows.size() / 2 + 2);
      if (!moves.isEmpty()) {
        assertThat(unevenness(fleet)).as(as).isLessThan(before);
      }
      for (int i = 0; i < moves.size(); i++) {
        for (Move later : moves.subList(i + 1, moves.size())) {
          assertThat(
                  later.lease().equals(moves.get(i).lease())
                      && later.to().equals(moves.get(i).from()))
              .as(as + " " + moves.get(i) + " and back")
              .isFalse();
        }
      }
    }
  }

  @Test
  void at_rest_the_most_and_the_least_loaded_are_near_each_other_or_no_lease_fits() {
    int near = 0;
    for (int seed = 0; seed < RUNS; seed++) {
      String as = "seed " + seed;
      TestFleet fleet = random(new Random(seed), seed % 2 == 0);
      settle(fleet, as);
      // from the rows alone, and in other words than the planner's
      double mean = mean(fleet);
      List<SessionId> givers = new ArrayList<>();
      List<SessionId> takers = new ArrayList<>();
      for (SessionId id : fleet.sessions.keySet()) {
        TargetAssignment.Band band = band(fleet, id);
        if (relative(fleet, id) > mean && fleet.held(id) > band.least()) {
          givers.add(id);
        } else if (relative(fleet, id) < mean && fleet.held(id) < band.most()) {
          takers.add(id);
        }
      }
      givers.sort((a, b) -> Double.compare(relative(fleet, b), relative(fleet, a)));
      takers.sort((a, b) -> Double.compare(relative(fleet, a), relative(fleet, b)));
      if (givers.isEmpty() || takers.isEmpty()) {
        continue;
      }
      SessionId giver = givers.get(0);
      SessionId taker = takers.get(0);
      double gap = relative(fleet, giver) - relative(fleet, taker);
      if (gap <= 0.3 * mean) {
        near++;
        continue;
      }
      double wg = fleet.sessions.get(giver).weight();
      double wt = fleet.sessions.get(taker).weight();
      double whole = 2 * gap * wg * wt / (wg + wt);
      assertThat(fleet.loads.entrySet())
          .as(as + ": " + giver + " could still give to " + taker)
          .noneMatch(
              each ->
                  fleet.rows.get(each.getKey()).isOwnedBy(giver)
                      && each.getValue() > 0.1001 * whole
                      && each.getValue() < 0.5999 * whole);
    }
    assertThat(near).isGreaterThan(RUNS / 2);
  }

  private static TargetAssignment.Band band(TestFleet fleet, SessionId id) {
    SortedMap<SessionId, Session> active = new TreeMap<>(fleet.sessions);
    List<TargetAssignment.Entry> entries = new ArrayList<>();
    fleet.rows.forEach(
        (key, row) -> entries.add(new TargetAssignment.Entry(key, fleet.owner(row), true)));
    return TargetAssignment.assign(active, entries, session -> true).bands().get(id);
  }

  @Test
  void weights_are_honoured() {
    SessionId strong = fleet.join("strong", 300, Integer.MAX_VALUE);
    SessionId weak = fleet.join("weak", 100, Integer.MAX_VALUE);
    fleet.leases(32);
    fleet.settle();
    assertThat(fleet.held(weak)).isEqualTo(8);
    for (int i = 0; i < 32; i++) {
      // what the weak one got is what is busy
      fleet.loads.put(key(i), fleet.rows.get(key(i)).isOwnedBy(weak) ? 100L : 50L);
    }
    fleet.nowMillis += 100_000;
    settle(fleet, "weights");
    assertThat(relative(fleet, strong) / relative(fleet, weak)).isBetween(0.75, 1.34);
    assertThat(fleet.carried(strong)).isGreaterThan(2 * fleet.carried(weak));
  }

  @Test
  void noisy_loads_hardly_move_anything_once_the_fleet_is_even() {
    int moved = 0;
    for (int seed = 0; seed < 6; seed++) {
      Random random = new Random(seed);
      TestFleet fleet = random(random, false);
      settle(fleet, "seed " + seed);
      SortedMap<LeaseKey, Long> means = new TreeMap<>(fleet.loads);
      fleet.moves = 0;
      for (int round = 0; round < 360; round++) { // half an hour
        means.forEach(
            (key, mean) ->
                fleet.loads.put(key, Math.round(mean * (0.95 + 0.1 * random.nextDouble()))));
        fleet.round();
        fleet.nowMillis += ROUND_MILLIS;
      }
      moved += fleet.moves;
    }
    assertThat(moved).isLessThanOrEqualTo(6);
  }

  @Test
  void a_fleet_of_which_some_balance_by_number_comes_to_rest_and_nobody_starves() {
    for (int seed = 0; seed < RUNS; seed++) {
      Random random = new Random(seed);
      TestFleet fleet = random(random, false);
      List<SessionId> ids = List.copyOf(fleet.sessions.keySet());
      ids.stream().filter(id -> random.nextInt(3) == 0).forEach(fleet.byNumber::add);
      List<Move> moves = settle(fleet, "seed " + seed);
      assertThat(moves.size()).as("seed %d", seed).isLessThanOrEqualTo(fleet.rows.size());
      for (SessionId id : ids) {
        assertThat(fleet.held(id)).as("seed %d %s", seed, id).isPositive();
      }
    }
  }

  @Test
  void everybody_who_balances_by_load_computes_the_same_target() {
    for (int seed = 0; seed < RUNS; seed++) {
      Random random = new Random(seed);
      TestFleet fleet = random(random, true);
      if (random.nextBoolean()) {
        fleet.die(fleet.sessions.firstKey());
      }
      fleet.join("joined");
      List<LeasePlan> plans = fleet.sessions.keySet().stream().map(fleet::plan).toList();
      assertThat(plans)
          .as("seed %d", seed)
          .allSatisfy(plan -> assertThat(plan.target()).isEqualTo(plans.get(0).target()));
    }
  }
}
