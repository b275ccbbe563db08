package io.millrace.lease.plan;

import static io.millrace.lease.plan.TestFleet.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.plan.LeaseAction.ClaimLease;
import io.millrace.lease.plan.LeaseAction.HandOffLease;
import io.millrace.lease.plan.LeaseAction.ReleaseLease;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LeasePlannerTest {

  private final TestFleet fleet = new TestFleet();

  private static ClaimLease claim(TestFleet fleet, int number) {
    return new ClaimLease(fleet.rows.get(key(number)));
  }

  private static List<LeaseKey> keys(List<LeaseAction> actions) {
    return actions.stream().map(LeaseAction::key).toList();
  }

  @Test
  void a_lone_session_claims_everything_at_once() {
    fleet.leases(3);
    SessionId a = fleet.join("a");
    LeasePlan plan = fleet.plan(a);
    assertThat(plan.actions()).containsExactly(claim(fleet, 0), claim(fleet, 1), claim(fleet, 2));
    assertThat(plan.wakeAtMillis()).isEmpty();
  }

  @Test
  void two_sessions_share_free_leases_without_asking_each_other() {
    fleet.leases(5);
    SessionId a = fleet.join("a");
    SessionId b = fleet.join("b");
    assertThat(keys(fleet.plan(a).actions())).containsExactly(key(0), key(1), key(3));
    assertThat(keys(fleet.plan(b).actions())).containsExactly(key(2), key(4));
  }

  @Test
  void a_session_that_has_not_joined_does_nothing_yet_knows_the_target() {
    fleet.leases(2);
    SessionId a = fleet.join("a");
    LeasePlan plan = fleet.plan(TestFleet.id("stranger"));
    assertThat(plan.actions()).isEmpty();
    assertThat(plan.wakeAtMillis()).isEmpty();
    assertThat(plan.target()).isEqualTo(fleet.plan(a).target()).hasSize(2);
  }

  @Test
  void an_empty_fleet_has_no_target() {
    fleet.leases(2);
    assertThat(fleet.plan(TestFleet.id("a")).target()).isEmpty();
  }

  @Test
  void finished_leases_and_those_with_an_unfinished_parent_count_for_nobody() {
    fleet.lease(0);
    fleet.lease(1);
    fleet.lease(2, 0, 1);
    fleet.lease(3, 99); // a parent without a row is finished
    fleet.finish(key(0));
    SessionId a = fleet.join("a");
    assertThat(fleet.plan(a).target()).containsOnlyKeys(key(1), key(3));
    fleet.finish(key(1));
    assertThat(fleet.plan(a).target()).containsOnlyKeys(key(2), key(3));
  }

  @Test
  void a_held_lease_whose_parent_is_unfinished_is_left_alone() {
    fleet.lease(0);
    fleet.lease(1, 0);
    SessionId a = fleet.join("a");
    SessionId b = fleet.join("b");
    fleet.give(a, 1, 2);
    assertThat(fleet.plan(a).actions()).containsExactly(claim(fleet, 0));
    assertThat(fleet.plan(b).actions()).isEmpty();
  }

  @Test
  void a_joining_session_gets_the_surplus_and_nothing_else_moves() {
    fleet.leases(9);
    SessionId a = fleet.join("a");
    SessionId b = fleet.join("b");
    fleet.give(a, 0, 5);
    fleet.give(b, 5, 9);
    SessionId c = fleet.join("c");
    assertThat(fleet.plan(a).actions())
        .containsExactly(new HandOffLease(key(3), c), new HandOffLease(key(4), c));
    assertThat(fleet.plan(b).actions()).containsExactly(new HandOffLease(key(8), c));
    assertThat(fleet.plan(c).actions()).isEmpty();
  }

  @Test
  void an_odd_lease_stays_with_whoever_has_it() {
    fleet.leases(5);
    SessionId a = fleet.join("a");
    SessionId b = fleet.join("b");
    fleet.give(a, 0, 2);
    fleet.give(b, 2, 5);
    assertThat(fleet.plan(a).actions()).isEmpty();
    assertThat(fleet.plan(b).actions()).isEmpty();
  }

  @Test
  void a_lease_is_handed_off_only_after_it_was_held_for_a_while() {
    fleet.leases(2);
    SessionId a = fleet.join("a");
    fleet.round();
    SessionId b = fleet.join("b");
    long heldEnoughAt = fleet.nowMillis + 3_000;
    assertThat(fleet.plan(a).actions()).isEmpty();
    assertThat(fleet.plan(a).wakeAtMillis()).hasValue(heldEnoughAt);
    fleet.nowMillis = heldEnoughAt - 1;
    assertThat(fleet.plan(a).actions()).isEmpty();
    fleet.nowMillis = heldEnoughAt;
    assertThat(fleet.plan(a).actions()).containsExactly(new HandOffLease(key(1), b));
    assertThat(fleet.plan(a).wakeAtMillis()).isEmpty();
  }

  @Test
  void at_most_a_quarter_of_the_leases_is_handed_off_at_a_time() {
    fleet.leases(40);
    SessionId a = fleet.join("a");
    fleet.give(a, 0, 40);
    fleet.join("b");
    assertThat(fleet.begin(a)).hasSize(10);
    assertThat(fleet.begin(a)).isEmpty();
    fleet.complete(key(20));
    assertThat(keys(fleet.begin(a))).as("a quarter of 39 is 9").isEmpty();
    fleet.complete(key(21));
    fleet.complete(key(22));
    assertThat(keys(fleet.begin(a))).as("a quarter of 37 is 9, 7 are on their way").hasSize(2);
  }

  @Test
  void five_leases_may_be_handed_off_at_a_time_however_few_there_are() {
    fleet.leases(14);
    SessionId a = fleet.join("a");
    fleet.give(a, 0, 14);
    fleet.join("b");
    assertThat(fleet.begin(a)).hasSize(5);
    assertThat(fleet.begin(a)).isEmpty();
  }

  @Test
  void a_plan_that_may_hand_off_no_more_is_not_woken_by_time() {
    fleet.leases(20);
    SessionId a = fleet.join("a");
    fleet.give(a, 0, 15);
    fleet.round();
    fleet.join("b");
    assertThat(fleet.begin(a)).as("held long enough").hasSize(5);
    assertThat(fleet.plan(a).wakeAtMillis()).isEmpty();
  }

  @Test
  void an_announced_lease_stays_meant_for_its_heir_while_the_fleet_changes() {
    fleet.leases(6);
    SessionId a = fleet.join("a");
    SessionId z = fleet.join("z");
    fleet.give(a, 0, 6);
    assertThat(keys(fleet.begin(a))).containsExactly(key(3), key(4), key(5));
    SessionId b = fleet.join("b");
    assertThat(fleet.plan(b).target())
        .containsEntry(key(3), z)
        .containsEntry(key(4), z)
        .containsEntry(key(2), b)
        .containsEntry(key(5), b);
  }

  @Test
  void an_heir_does_not_hand_off_what_it_holds_to_make_room_for_what_is_announced() {
    fleet.leases(6);
    SessionId a = fleet.join("a");
    SessionId b = fleet.join("b");
    fleet.give(a, 0, 4);
    fleet.give(b, 4, 6);
    fleet.announce(key(0), b);
    SessionId c = fleet.join("c");
    assertThat(fleet.plan(c).target())
        .containsEntry(key(4), b)
        .containsEntry(key(5), b)
        .containsEntry(key(0), c);
  }

  @Test
  void surplus_is_shared_out_by_key_whoever_has_it() {
    fleet.leases(8);
    SessionId a = fleet.join("a");
    SessionId b = fleet.join("b");
    fleet.give(b, 0, 4);
    fleet.give(a, 4, 8);
    SessionId c = fleet.join("c", 100, 1);
    SessionId d = fleet.join("d");
    assertThat(fleet.plan(a).target())
        .containsEntry(key(2), d)
        .containsEntry(key(3), c)
        .containsEntry(key(7), d);
  }

  @Test
  void a_lease_whose_owner_died_goes_to_the_announced_heir() {
    fleet.leases(6);
    SessionId a = fleet.join("a");
    SessionId b = fleet.join("b");
    SessionId c = fleet.join("c");
    fleet.give(a, 0, 6);
    fleet.announce(key(0), c);
    fleet.die(a);
    assertThat(fleet.plan(c).target()).containsEntry(key(0), c);
    assertThat(keys(fleet.plan(c).actions())).contains(key(0));
    assertThat(keys(fleet.plan(b).actions())).doesNotContain(key(0));
  }

  @Test
  void a_leaving_session_hands_off_everything_at_once() {
    fleet.leases(60);
    SessionId a = fleet.join("a");
    SessionId b = fleet.join("b");
    fleet.round();
    fleet.beginToLeave(a);
    assertThat(fleet.plan(a).actions())
        .hasSize(30)
        .allSatisfy(action -> assertThat(action).isInstanceOf(HandOffLease.class))
        .allSatisfy(action -> assertThat(((HandOffLease) action).heir()).isEqualTo(b));
    assertThat(fleet.plan(b).actions()).isEmpty();
  }

  @Test
  void the_last_session_releases_its_leases_when_it_leaves() {
    fleet.leases(2);
    SessionId a = fleet.join("a");
    SessionId b = fleet.join("b");
    fleet.give(a, 0, 2);
    fleet.beginToLeave(a);
    fleet.beginToLeave(b);
    assertThat(fleet.plan(a).actions())
        .containsExactly(new ReleaseLease(key(0)), new ReleaseLease(key(1)));
  }

  @Test
  void a_leaving_session_releases_what_nobody_has_room_for_or_may_start() {
    fleet.leases(3);
    fleet.lease(3, 2);
    SessionId a = fleet.join("a");
    SessionId b = fleet.join("b", 100, 1);
    fleet.give(a, 0, 4);
    fleet.beginToLeave(a);
    assertThat(fleet.plan(a).actions())
        .containsExactly(
            new HandOffLease(key(0), b),
            new ReleaseLease(key(1)),
            new ReleaseLease(key(2)),
            new ReleaseLease(key(3)));
  }

  @Test
  void a_leaving_session_claims_nothing_and_leaves_finished_leases_alone() {
    fleet.leases(3);
    SessionId a = fleet.join("a");
    fleet.join("b");
    fleet.give(a, 0, 1);
    fleet.finish(key(0));
    fleet.beginToLeave(a);
    fleet.nowMillis += 60_000;
    assertThat(fleet.plan(a).actions()).isEmpty();
  }

  @Test
  void leases_beyond_everybodys_maximum_stay_free() {
    fleet.leases(10);
    SessionId a = fleet.join("a", 100, 2);
    SessionId b = fleet.join("b", 100, 3);
    fleet.round();
    fleet.nowMillis += 60_000;
    assertThat(fleet.round()).isEmpty();
    assertThat(fleet.held(a)).isEqualTo(2);
    assertThat(fleet.held(b)).isEqualTo(3);
    assertThat(fleet.plan(a).target()).hasSize(5);
    assertThat(fleet.plan(a).wakeAtMillis()).isEmpty();
  }

  @Test
  void what_one_session_may_not_take_is_shared_by_the_others() {
    fleet.leases(12);
    SessionId a = fleet.join("a", 100, 2);
    SessionId b = fleet.join("b");
    SessionId c = fleet.join("c");
    fleet.round();
    assertThat(LongStream.of(fleet.held(a), fleet.held(b), fleet.held(c)))
        .containsExactly(2L, 5L, 5L);
  }

  @Test
  void a_session_of_three_times_the_weight_gets_three_times_the_leases() {
    fleet.leases(100);
    SessionId a = fleet.join("a", 300, 1_000);
    SessionId b = fleet.join("b", 100, 1_000);
    fleet.round();
    assertThat(fleet.held(a)).isEqualTo(75);
    assertThat(fleet.held(b)).isEqualTo(25);
  }

  @Test
  void the_larger_fraction_gets_the_odd_lease() {
    fleet.leases(10);
    SessionId a = fleet.join("a", 100, 1_000); // 3.33
    SessionId b = fleet.join("b", 200, 1_000); // 6.67
    fleet.round();
    assertThat(fleet.held(a)).isEqualTo(3);
    assertThat(fleet.held(b)).isEqualTo(7);
  }

  @Test
  void a_lease_that_its_target_does_not_claim_is_claimed_by_another_after_a_while() {
    fleet.leases(2);
    SessionId a = fleet.join("a");
    SessionId b = fleet.join("b");
    fleet.begin(b); // a is stuck
    long claimAt =
        fleet.nowMillis + LeasePlanner.freeClaimDelayMillis(key(0), b, PlanSettings.DEFAULTS);
    assertThat(claimAt - fleet.nowMillis).isBetween(3_000L, 5_000L);
    assertThat(fleet.plan(a).target()).containsEntry(key(0), a);
    assertThat(fleet.plan(b).actions()).isEmpty();
    assertThat(fleet.plan(b).wakeAtMillis()).hasValue(claimAt);
    fleet.nowMillis = claimAt;
    assertThat(fleet.plan(b).actions()).containsExactly(claim(fleet, 0));
  }

  @Test
  void the_delay_of_such_a_claim_is_spread_and_the_same_on_every_jvm() {
    PlanSettings settings = PlanSettings.DEFAULTS;
    SessionId a = TestFleet.id("a");
    List<Long> delays =
        IntStream.range(0, 1_000)
            .mapToObj(i -> LeasePlanner.freeClaimDelayMillis(key(i), a, settings))
            .sorted()
            .toList();
    assertThat(delays.get(0)).isBetween(3_000L, 3_050L);
    assertThat(delays.get(500)).isBetween(3_800L, 4_200L);
    assertThat(delays.get(999)).isBetween(4_950L, 5_000L);
    assertThat(LeasePlanner.freeClaimDelayMillis(key(0), a, settings)).isEqualTo(4_194);
  }

  @Test
  void a_session_at_its_maximum_claims_nothing_that_is_not_its_own() {
    fleet.leases(4);
    fleet.join("a", 100, 2);
    SessionId b = fleet.join("b", 100, 2);
    fleet.begin(b);
    fleet.nowMillis += 60_000;
    assertThat(fleet.plan(b).actions()).isEmpty();
    assertThat(fleet.plan(b).wakeAtMillis()).isEmpty();
  }

  @Test
  void a_lease_in_flight_counts_against_the_maximum() {
    fleet.leases(2);
    SessionId a = fleet.join("a", 100, 1);
    FleetView view = fleet.view(a);
    List<LeaseView> leases = new ArrayList<>(view.leases());
    LeaseView first = leases.get(1);
    leases.set(1, new LeaseView(first.lease(), first.holder(), 0, true));
    FleetView claiming =
        new FleetView(a, view.sessions(), leases, view.nowMillis(), PlanSettings.DEFAULTS);
    assertThat(LeasePlanner.plan(claiming).actions()).isEmpty();
  }

  @Test
  void no_surplus_goes_to_a_session_that_is_at_its_maximum_already() {
    fleet.leases(4);
    fleet.lease(4, 3);
    SessionId a = fleet.join("a");
    SessionId b = fleet.join("b", 100, 1);
    fleet.give(a, 0, 4);
    fleet.give(b, 4, 5); // not ready, so it is not in b's quota, but b holds it
    assertThat(fleet.plan(a).target()).containsEntry(key(3), b);
    assertThat(fleet.plan(a).actions()).isEmpty();
  }

  @Test
  void leases_of_another_librarys_worker_wait_until_they_are_free() {
    fleet.leases(2);
    SessionId a = fleet.join("a");
    FleetView free = fleet.view(a);
    List<LeaseView> foreign =
        free.leases().stream()
            .map(each -> new LeaseView(each.lease(), Holder.OTHER, 0, false))
            .toList();
    LeasePlan plan =
        LeasePlanner.plan(
            new FleetView(a, free.sessions(), foreign, free.nowMillis(), PlanSettings.DEFAULTS));
    assertThat(plan.actions()).isEmpty();
    assertThat(plan.target()).isEqualTo(fleet.plan(a).target());
  }

  @Test
  void the_order_of_the_input_does_not_matter() {
    fleet.leases(20);
    SessionId a = fleet.join("a");
    SessionId b = fleet.join("b");
    fleet.give(a, 0, 20);
    FleetView view = fleet.view(a);
    List<Session> sessions = new ArrayList<>(view.sessions());
    List<LeaseView> leases = new ArrayList<>(view.leases());
    Collections.reverse(sessions);
    Collections.reverse(leases);
    assertThat(
            LeasePlanner.plan(
                new FleetView(a, sessions, leases, view.nowMillis(), view.settings())))
        .isEqualTo(LeasePlanner.plan(view));
    assertThat(fleet.plan(b).target()).isEqualTo(fleet.plan(a).target());
  }

  @Test
  void a_view_that_has_something_twice_is_refused() {
    fleet.leases(1);
    SessionId a = fleet.join("a");
    FleetView view = fleet.view(a);
    LeaseView lease = view.leases().get(0);
    assertThatThrownBy(
            () ->
                LeasePlanner.plan(
                    new FleetView(a, view.sessions(), List.of(lease, lease), 0, view.settings())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("shardId-000000000000 is in the view twice");
    Session session = view.sessions().get(0);
    assertThatThrownBy(
            () ->
                LeasePlanner.plan(
                    new FleetView(a, List.of(session, session), view.leases(), 0, view.settings())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is in the view twice");
  }
}
