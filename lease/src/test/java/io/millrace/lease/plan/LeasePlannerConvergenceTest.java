package io.millrace.lease.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class LeasePlannerConvergenceTest {

  private static final int RUNS = 100;

  private static TestFleet randomFleet(Random random, boolean equal) {
    TestFleet fleet = new TestFleet();
    int workers = 1 + random.nextInt(8);
    for (int i = 0; i < workers; i++) {
      join(fleet, random, i, equal);
    }
    int leases = random.nextInt(60);
    List<SessionId> ids = List.copyOf(fleet.sessions.keySet());
    for (int i = 0; i < leases; i++) {
      if (random.nextInt(6) == 0 && i > 2) {
        fleet.lease(i, random.nextInt(i));
      } else {
        fleet.lease(i);
      }
    }
    for (int i = 0; i < leases; i++) {
      boolean ready = LeasePlanner.eligible(fleet.rows.values()).contains(TestFleet.key(i));
      SessionId owner = ids.get(random.nextInt(1 + random.nextInt(workers)));
      if (ready
          && random.nextInt(4) > 0
          && fleet.held(owner) < fleet.sessions.get(owner).maxLeases()) {
        fleet.give(owner, i, i + 1);
      }
      if (ready && random.nextInt(8) == 0) {
        fleet.finish(TestFleet.key(i));
      }
    }
    return fleet;
  }

  private static SessionId join(TestFleet fleet, Random random, int number, boolean equal) {
    return equal
        ? fleet.join("worker" + number)
        : fleet.join(
            "worker" + number,
            100 * (1 + random.nextInt(4)),
            random.nextInt(3) == 0 ? 1 + random.nextInt(12) : Integer.MAX_VALUE);
  }

  private static SortedMap<SessionId, Integer> sizes(TestFleet fleet, LeasePlan plan) {
    SortedMap<SessionId, Integer> sizes = new TreeMap<>();
    fleet.sessions.values().stream()
        .filter(session -> !session.leaving())
        .forEach(session -> sizes.put(session.id(), 0));
    plan.target().values().forEach(id -> sizes.merge(id, 1, Integer::sum));
    return sizes;
  }

  @Test
  void everybody_computes_the_same_target_and_nobody_gets_more_than_its_maximum() {
    for (int seed = 0; seed < RUNS; seed++) {
      Random random = new Random(seed);
      TestFleet fleet = randomFleet(random, false);
      List<LeasePlan> plans = fleet.sessions.keySet().stream().map(fleet::plan).toList();
      assertThat(plans)
          .as("seed %d", seed)
          .allSatisfy(plan -> assertThat(plan.target()).isEqualTo(plans.get(0).target()));
      long room = fleet.sessions.values().stream().mapToLong(Session::maxLeases).sum();
      int ready = LeasePlanner.eligible(fleet.rows.values()).size();
      assertThat(plans.get(0).target()).as("seed %d", seed).hasSize((int) Math.min(room, ready));
      sizes(fleet, plans.get(0))
          .forEach(
              (id, size) ->
                  assertThat(size).isLessThanOrEqualTo(fleet.sessions.get(id).maxLeases()));
    }
  }

  @Test
  void targets_of_equal_sessions_differ_by_one_at_most() {
    for (int seed = 0; seed < RUNS; seed++) {
      TestFleet fleet = randomFleet(new Random(seed), true);
      var sizes = sizes(fleet, fleet.plan(fleet.sessions.firstKey())).values();
      assertThat(sizes.stream().mapToInt(i -> i).max().getAsInt())
          .as("seed %d", seed)
          .isLessThanOrEqualTo(1 + sizes.stream().mapToInt(i -> i).min().getAsInt());
    }
  }

  @Test
  void targets_are_within_one_of_the_share_by_weight() {
    for (int seed = 0; seed < RUNS; seed++) {
      Random random = new Random(seed);
      TestFleet fleet = new TestFleet();
      int workers = 1 + random.nextInt(8);
      for (int i = 0; i < workers; i++) {
        fleet.join("worker" + i, 1 + random.nextInt(1_000), Integer.MAX_VALUE);
      }
      fleet.leases(random.nextInt(200));
      double weight = fleet.sessions.values().stream().mapToInt(Session::weight).sum();
      String as = "seed " + seed;
      sizes(fleet, fleet.plan(fleet.sessions.firstKey()))
          .forEach(
              (id, size) ->
                  assertThat(
                          Math.abs(
                              size - fleet.rows.size() * fleet.sessions.get(id).weight() / weight))
                      .as(as)
                      .isLessThan(1.0));
    }
  }

  @Test
  void acting_on_the_plans_reaches_the_target_and_then_nothing_moves() {
    for (int seed = 0; seed < RUNS; seed++) {
      TestFleet fleet = randomFleet(new Random(seed), seed % 2 == 0);
      var target = fleet.plan(fleet.sessions.firstKey()).target();
      long wrong =
          fleet.rows.values().stream()
              .filter(row -> target.containsKey(row.key()) && fleet.owner(row).isPresent())
              .filter(row -> !fleet.owner(row).get().equals(target.get(row.key())))
              .count();
      fleet.settle();
      requireSettled(fleet, "seed " + seed);
      assertThat(fleet.moves)
          .as("seed %d: only surplus moves, and once", seed)
          .isEqualTo((int) wrong);
    }
  }

  @Test
  void a_fleet_settles_after_joins_departures_deaths_and_ends_in_the_middle_of_hand_offs() {
    for (int seed = 0; seed < RUNS; seed++) {
      Random random = new Random(seed);
      TestFleet fleet = randomFleet(random, seed % 2 == 0);
      int joined = 100;
      for (int step = 0; step < 80; step++) {
        fleet.nowMillis += random.nextInt(2_000);
        List<SessionId> ids = List.copyOf(fleet.sessions.keySet());
        SessionId someone = ids.get(random.nextInt(ids.size()));
        switch (random.nextInt(16)) {
          case 0 -> join(fleet, random, joined++, seed % 2 == 0);
          case 1 -> {
            if (ids.size() > 1 && random.nextBoolean()) {
              fleet.die(someone);
            }
          }
          case 2 -> {
            if (fleet.sessions.values().stream().filter(each -> !each.leaving()).count() > 1) {
              fleet.beginToLeave(someone);
            }
          }
          case 3 -> {
            List<LeaseKey> ready = List.copyOf(LeasePlanner.eligible(fleet.rows.values()));
            if (!ready.isEmpty()) {
              fleet.finish(ready.get(random.nextInt(ready.size())));
            }
          }
          case 4, 5, 6, 7, 8 -> {
            List<LeaseKey> draining = new ArrayList<>(fleet.draining.keySet());
            if (!draining.isEmpty()) {
              fleet.complete(draining.get(random.nextInt(draining.size())));
            }
          }
          default -> fleet.begin(someone);
        }
        requireWithinMaximum(fleet, "seed " + seed + " step " + step);
      }
      fleet.settle();
      requireSettled(fleet, "seed " + seed);
    }
  }

  // what is on its way to a session counts as if it had arrived
  private static void requireWithinMaximum(TestFleet fleet, String as) {
    SortedMap<SessionId, Integer> counts = new TreeMap<>();
    for (Lease row : fleet.rows.values()) {
      if (!row.isFinished()) {
        fleet.owner(row).ifPresent(id -> counts.merge(id, 1, Integer::sum));
      }
    }
    fleet.draining.values().stream()
        .flatMap(heir -> heir.stream())
        .filter(fleet.sessions::containsKey)
        .forEach(id -> counts.merge(id, 1, Integer::sum));
    counts.forEach(
        (id, count) ->
            assertThat(count).as(as).isLessThanOrEqualTo(fleet.sessions.get(id).maxLeases()));
  }

  private static void requireSettled(TestFleet fleet, String as) {
    var plan = fleet.plan(fleet.sessions.firstKey());
    plan.target()
        .forEach((key, id) -> assertThat(fleet.rows.get(key).isOwnedBy(id)).as(as).isTrue());
    for (SessionId id : fleet.sessions.keySet()) {
      assertThat(fleet.plan(id).wakeAtMillis()).as(as).isEmpty();
      if (fleet.sessions.get(id).leaving()) {
        assertThat(fleet.held(id)).as(as).isZero();
      }
    }
  }

  @Test
  @Timeout(value = 1, unit = TimeUnit.MINUTES) // work that grows with the square would take hours
  void a_very_large_fleet_is_planned_without_comparing_every_lease_with_every_other() {
    TestFleet fleet = new TestFleet();
    fleet.leases(50_000);
    for (int i = 0; i < 99; i++) {
      SessionId id = fleet.join("worker" + i);
      fleet.give(id, i * 500, (i + 1) * 500);
    }
    SessionId last = fleet.join("worker99");
    assertThat(fleet.plan(last).actions()).hasSize(500);
  }
}
