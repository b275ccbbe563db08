package io.millrace.kcl.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionPage;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class MembershipTest {

  private static final long BEAT = 1_000;
  private static final long FAILOVER = 6_000;
  private static final long WALL = 1_700_000_000_000L;

  private final Membership membership =
      new Membership(new EngineSettings.Membership(FAILOVER, BEAT, 100, 10));
  private final Session me = session("me", 0, 0, 1);
  private final Session other = session("other", 0, 1, 1);
  private long version;

  private static Session session(String name, int page, long joins, long beat) {
    return new Session(
        SessionId.create(name, page, joins, 12_345), beat, FAILOVER, 100, 10, null, false);
  }

  private SessionPage page(int number, Session... sessions) {
    SortedMap<SessionId, Session> entries = new TreeMap<>();
    for (Session session : sessions) {
      entries.put(session.id(), session);
    }
    return new SessionPage(number, ++version, sessions.length, entries, number == 0 ? 2 : 0, 1);
  }

  private void join() {
    membership.pageRead(page(0, me, other), 0, 0);
    membership.joined(me, 0, WALL);
  }

  private List<Membership.Action> due(long now, Class<? extends Membership.Action> kind) {
    return membership.due(now).stream().filter(kind::isInstance).toList();
  }

  @Test
  void before_it_has_joined_a_worker_is_fenced_and_wants_to_join_once() {
    assertThat(membership.isFenced(0, WALL)).isTrue();
    assertThat(membership.due(0)).containsExactly(new Membership.Action.Join());
    assertThat(membership.due(10)).isEmpty();
  }

  @Test
  void it_beats_every_second_with_a_rising_number() {
    join();
    assertThat(due(999, Membership.Action.Beat.class)).isEmpty();
    Membership.Action.Beat first =
        (Membership.Action.Beat) due(1_000, Membership.Action.Beat.class).get(0);
    Membership.Action.Beat second =
        (Membership.Action.Beat) due(2_000, Membership.Action.Beat.class).get(0);
    assertThat(second.session().beat()).isGreaterThan(first.session().beat());
  }

  @Test
  void a_heartbeat_that_hangs_does_not_keep_the_next_ones_back() {
    join();
    assertThat(due(1_000, Membership.Action.Beat.class)).hasSize(1);
    assertThat(due(2_000, Membership.Action.Beat.class)).hasSize(1);
    assertThat(due(3_000, Membership.Action.Beat.class)).hasSize(1);
    assertThat(due(4_000, Membership.Action.Beat.class)).as("bounded").isEmpty();
  }

  @Test
  void it_fences_itself_before_any_observer_can_have_expired_it() {
    join();
    long fenceAt = membership.fenceAtMillis();
    assertThat(membership.isFenced(fenceAt - 1, WALL)).isFalse();
    assertThat(membership.isFenced(fenceAt, WALL)).isTrue();
    assertThat(fenceAt).isLessThan(FAILOVER - BEAT);
  }

  @Test
  void the_fence_counts_from_the_call_of_the_last_heartbeat_that_succeeded() {
    join();
    membership.due(1_000);
    membership.beatAnswered(me.id(), true, 1_000, WALL + 1_000);
    assertThat(membership.fenceAtMillis()).isEqualTo(1_000 + FAILOVER - BEAT - 300);
    membership.beatAnswered(me.id(), true, 500, WALL + 500);
    assertThat(membership.fenceAtMillis()).as("a late answer").isEqualTo(5_700);
  }

  @Test
  void a_machine_that_was_suspended_is_fenced_by_its_wall_clock() {
    join();
    assertThat(membership.isFenced(100, WALL + 60_000)).isTrue();
    membership.due(1_000);
    membership.beatAnswered(me.id(), true, 1_000, WALL + 61_000);
    assertThat(membership.isFenced(1_100, WALL + 61_100)).isFalse();
  }

  @Test
  void a_fence_that_the_wall_clock_closed_opens_only_with_a_beat_that_began_later() {
    join();
    membership.due(1_000);
    membership.due(2_000);
    assertThat(membership.isFenced(2_100, WALL + 60_000)).isTrue();
    assertThat(membership.isFenced(2_200, WALL - 60_000)).as("set back").isTrue();
    membership.beatAnswered(me.id(), true, 2_000, WALL + 2_000);
    assertThat(membership.isFenced(2_300, WALL - 60_000)).as("it began before").isTrue();
    membership.due(3_000);
    membership.beatAnswered(me.id(), true, 3_000, WALL - 59_000);
    assertThat(membership.isFenced(3_100, WALL - 58_900)).isFalse();
  }

  @Test
  void a_session_whose_beat_stands_still_is_expired_after_its_own_failover_time() {
    join();
    for (long now = 0; now < FAILOVER - BEAT; now += 500) {
      membership.pageRead(page(0, me, other), now, now);
      assertThat(due(now, Membership.Action.Expire.class)).isEmpty();
    }
    membership.pageRead(page(0, me, other), 5_000, 5_000);
    assertThat(due(5_000, Membership.Action.Expire.class))
        .containsExactly(new Membership.Action.Expire(other.id(), 1));
    assertThat(due(5_001, Membership.Action.Expire.class)).as("once").isEmpty();
  }

  @Test
  void a_gap_in_reading_starts_the_count_again() {
    join();
    membership.pageRead(page(0, me, other), 1_000, 1_000);
    membership.pageRead(page(0, me, other), 20_000, 20_000);
    assertThat(due(20_000, Membership.Action.Expire.class)).isEmpty();
  }

  @Test
  void a_beat_that_moves_starts_the_count_again() {
    join();
    for (long now = 0; now < 20_000; now += 1_000) {
      membership.pageRead(page(0, me, other.withBeat(now)), now, now);
      assertThat(due(now, Membership.Action.Expire.class)).isEmpty();
    }
  }

  @Test
  void an_old_snapshot_of_a_page_is_ignored() {
    SessionPage old = page(0, me);
    join();
    membership.pageRead(old, 100, 100);
    assertThat(membership.isAlive(other.id())).isTrue();
  }

  @Test
  void an_owner_is_dead_for_good_only_by_a_read_that_began_after_its_row_was_read() {
    join();
    membership.pageRead(page(0, me), 1_000, 1_010);
    assertThat(membership.isDeadForGood(other.id(), 1_005)).isFalse();
    assertThat(membership.isDeadForGood(other.id(), 1_000)).as("in the same millisecond").isFalse();
    assertThat(membership.isDeadForGood(other.id(), 999)).isTrue();
    assertThat(membership.isDeadForGood(me.id(), 0)).isFalse();
  }

  @Test
  void a_lost_session_is_fenced_at_once_and_joins_again() {
    join();
    membership.due(1_000);
    membership.beatAnswered(me.id(), false, 1_000, WALL + 1_000);
    assertThat(membership.isFenced(1_001, WALL + 1_001)).isTrue();
    assertThat(membership.due(1_001)).containsExactly(new Membership.Action.Join());
  }

  @Test
  void a_heartbeat_that_misses_the_entry_which_its_worker_removes_has_lost_nothing() {
    join();
    membership.leave();
    membership.due(1_000);
    membership.depart();
    membership.beatAnswered(me.id(), false, 1_000, WALL + 1_000);
    assertThat(membership.isDeparting()).isTrue();
    assertThat(membership.me()).contains(me.id());
    assertThat(due(2_000, Membership.Action.Join.class)).isEmpty();
  }

  @Test
  void the_auditor_is_the_session_that_joined_first() {
    join();
    assertThat(membership.isAuditor()).isTrue();
    Session first = session("first", 0, 0, 1);
    Membership second = new Membership(new EngineSettings.Membership(FAILOVER, BEAT, 100, 10));
    second.pageRead(page(0, first, other), 0, 0);
    second.joined(other, 0, WALL);
    assertThat(second.isAuditor()).isFalse();
  }

  @Test
  void page_zero_is_read_every_second_by_those_on_other_pages() {
    Session elsewhere = session("me", 1, 0, 1);
    membership.pageRead(page(0, other), 0, 0);
    membership.pageRead(page(1, elsewhere), 0, 0);
    membership.joined(elsewhere, 0, WALL);
    int reads = 0;
    for (long now = 0; now < 10_000; now += 100) {
      for (Membership.Action action : due(now, Membership.Action.ReadPage.class)) {
        assertThat(action).isEqualTo(new Membership.Action.ReadPage(0));
        membership.pageRead(page(0, other.withBeat(now)), now, now);
        reads++;
      }
    }
    assertThat(reads).isBetween(10, 11);
  }
}
