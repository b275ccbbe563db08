package io.millrace.kcl.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.kcl.engine.EngineSettings.ForeignRule;
import io.millrace.kcl.engine.EngineSettings.InitialPosition;
import io.millrace.kcl.engine.ForeignOwners.Verdict;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseScan;
import io.millrace.lease.SessionId;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ForeignOwnersTest {

  private static final String THEIRS = "ip-10-0-0-1:5c3e";
  private static final String OURS = SessionId.create("w", 0, 1, 1).value();
  private static final Checkpoint RECORD = Checkpoint.at(SequenceNumber.of("17"), 0);

  private final ForeignOwners owners = new ForeignOwners(new ForeignRule(60_000, false));

  private static Lease lease(int shard, String owner, long counter, Checkpoint checkpoint) {
    return lease("shardId-00000000000" + shard, owner, counter, checkpoint, null);
  }

  private static Lease lease(
      String key, String owner, long counter, Checkpoint checkpoint, Long startAt) {
    return new Lease(
        LeaseKey.of(key),
        owner,
        counter,
        checkpoint,
        null,
        startAt,
        Collections.emptySortedSet(),
        Collections.emptySortedSet(),
        HashKeyRange.ALL,
        null,
        null,
        0);
  }

  private static Lease theirs(int shard, long counter) {
    return lease(shard, THEIRS, counter, RECORD);
  }

  private void look(long at, Lease... leases) {
    owners.look(List.of(leases), at, at + 10);
  }

  /** Looks every five seconds at rows that stay as they are. */
  private void lookUntil(long from, long to, Lease... leases) {
    for (long at = from; at <= to; at += 5_000) {
      look(at, leases);
    }
  }

  @Test
  void an_owner_is_dead_once_its_rows_have_stood_still_for_long_enough_and_not_before() {
    lookUntil(0, 60_000, theirs(1, 5));
    assertThat(owners.isDead(theirs(1, 5))).isFalse(); // first seen at 10
    assertThat(owners.verdict()).isInstanceOf(Verdict.Watching.class);

    look(60_010, theirs(1, 5));
    assertThat(owners.isDead(theirs(1, 5))).isTrue();
    assertThat(owners.verdict()).isInstanceOf(Verdict.Dead.class);
  }

  @Test
  void one_row_that_moves_keeps_the_others_from_being_taken() {
    lookUntil(0, 55_000, theirs(1, 5), theirs(2, 9));
    look(60_010, theirs(1, 5), theirs(2, 10));

    assertThat(owners.verdict()).isInstanceOf(Verdict.Alive.class);
    assertThat(owners.moves())
        .extracting(Object::toString)
        .containsExactly("shardId-000000000002 (owner " + THEIRS + ", counter 9 -> 10)");
    assertThat(owners.isDead(theirs(1, 5))).isFalse();

    lookUntil(65_000, 115_000, theirs(1, 5), theirs(2, 10));
    assertThat(owners.isDead(theirs(1, 5))).isFalse();
    lookUntil(120_000, 125_000, theirs(1, 5), theirs(2, 10));
    assertThat(owners.isDead(theirs(1, 5))).isTrue();
  }

  @Test
  void a_checkpoint_that_moves_is_a_sign_of_life_even_if_the_counter_stays() {
    look(0, theirs(1, 5));
    look(5_000, lease(1, THEIRS, 5, Checkpoint.at(SequenceNumber.of("18"), 0)));
    assertThat(owners.verdict()).isInstanceOf(Verdict.Alive.class);
  }

  @Test
  void letting_a_lease_go_or_taking_one_is_a_sign_of_life() {
    look(0, theirs(1, 5));
    look(5_000, lease(1, null, 6, RECORD));
    assertThat(owners.moves()).hasSize(1);
    look(10_000, theirs(1, 7));
    assertThat(owners.moves())
        .extracting(ForeignOwners.Move::what)
        .containsExactly("taken by " + THEIRS);
  }

  @Test
  void a_lease_that_one_of_us_has_taken_is_none() {
    lookUntil(0, 65_000, theirs(1, 5), theirs(2, 9));
    look(70_000, lease(1, OURS, 6, RECORD), theirs(2, 9));
    assertThat(owners.moves()).isEmpty();
    assertThat(owners.isDead(theirs(2, 9))).isTrue();
  }

  @Test
  void sessions_of_ours_and_finished_leases_are_not_watched() {
    look(0, lease(1, OURS, 5, RECORD), lease(2, THEIRS, 5, Checkpoint.SHARD_END));
    assertThat(owners.verdict()).isInstanceOf(Verdict.Nobody.class);
    assertThat(owners.nextLookAtMillis()).isEqualTo(Long.MAX_VALUE);
    look(5_000, lease(1, OURS, 6, RECORD), lease(2, THEIRS, 6, Checkpoint.SHARD_END));
    assertThat(owners.moves()).isEmpty();
  }

  @Test
  void after_a_gap_in_reading_the_count_begins_again() {
    lookUntil(0, 30_000, theirs(1, 5));
    look(50_000, theirs(1, 5)); // more than three intervals of 5 s
    look(65_000, theirs(1, 5));
    assertThat(owners.isDead(theirs(1, 5))).isFalse();
    lookUntil(70_000, 110_000, theirs(1, 5));
    assertThat(owners.isDead(theirs(1, 5))).isFalse();
    look(115_000, theirs(1, 5));
    assertThat(owners.isDead(theirs(1, 5))).isTrue();
  }

  @Test
  void a_row_that_has_moved_since_the_last_look_is_not_the_one_that_stood_still() {
    lookUntil(0, 65_000, theirs(1, 5));
    assertThat(owners.isDead(theirs(1, 6))).isFalse();
    assertThat(owners.isDead(lease(1, "another", 5, RECORD))).isFalse();
  }

  @Test
  void with_takeover_the_owners_of_the_first_look_are_dead_at_once_and_others_are_not() {
    ForeignOwners told = new ForeignOwners(new ForeignRule(60_000, true));
    told.look(List.of(theirs(1, 5)), 0, 10);
    assertThat(told.verdict()).isInstanceOf(Verdict.Dead.class);
    told.look(List.of(theirs(1, 6), theirs(2, 1)), 5_000, 5_010);
    assertThat(told.isDead(theirs(1, 6))).isTrue(); // it still renews: that is what was said
    assertThat(told.isDead(theirs(2, 1))).isFalse();
    told.look(List.of(lease(1, OURS, 7, RECORD)), 10_000, 10_010);
    told.look(List.of(theirs(1, 8)), 15_000, 15_010);
    assertThat(told.isDead(theirs(1, 8))).isFalse(); // taken back: no game of ping-pong
  }

  // ---- what a table's rows allow

  private static LeaseScan scan(Lease... leases) {
    return new LeaseScan(List.of(leases), List.of());
  }

  private static String refusal(InitialPosition configured, Lease... leases) {
    return Adoption.refusal(scan(leases), configured, "table").orElse("");
  }

  @Test
  void rows_at_latest_want_a_configuration_that_gives_them_a_meaning() {
    Lease latest = lease(1, null, 0, Checkpoint.LATEST);
    assertThat(refusal(InitialPosition.TRIM_HORIZON, latest))
        .contains("table", "shardId-000000000001", "LATEST", "Nothing was written");
    assertThat(refusal(InitialPosition.LATEST, latest)).isEmpty();
    assertThat(refusal(InitialPosition.AT_TIMESTAMP, latest)).isEmpty();
  }

  @Test
  void rows_at_a_timestamp_want_that_timestamp_unless_they_say_it() {
    Lease silent = lease(1, null, 0, Checkpoint.AT_TIMESTAMP);
    assertThat(refusal(InitialPosition.LATEST, silent)).contains("AT_TIMESTAMP");
    assertThat(refusal(InitialPosition.TRIM_HORIZON, silent)).contains("AT_TIMESTAMP");
    assertThat(refusal(InitialPosition.AT_TIMESTAMP, silent)).isEmpty();
    Lease saying = lease("shardId-000000000001", null, 0, Checkpoint.AT_TIMESTAMP, 17L);
    assertThat(refusal(InitialPosition.TRIM_HORIZON, saying)).isEmpty();
  }

  @Test
  void rows_of_several_streams_are_refused_whatever_is_configured() {
    Lease other = lease("123456789012:clicks:1700000000:shardId-0", null, 0, RECORD, null);
    for (InitialPosition position : InitialPosition.values()) {
      assertThat(refusal(position, other)).contains("several streams", other.key().value());
    }
    assertThat(scan(other, theirs(1, 5)).ofOneStream().leases()).containsExactly(theirs(1, 5));
    assertThat(scan(other).ofOneStream().unreadable()).hasSize(1);
  }

  @Test
  void why_a_lease_is_left_alone_is_said_in_words_that_change_only_with_the_reason() {
    look(0, theirs(1, 5));
    String still = owners.why(theirs(1, 5));
    look(5_000, theirs(1, 5));
    assertThat(owners.why(theirs(1, 5)))
        .isEqualTo(still)
        .isEqualTo(
            "owned by "
                + THEIRS
                + ", which is no worker of this library; it is taken once all leases of such workers"
                + " have stood still for 60000 ms");

    look(10_000, theirs(1, 6));
    assertThat(owners.why(theirs(1, 6))).endsWith("while any moves: stop them");
    lookUntil(15_000, 70_010, theirs(1, 6));
    assertThat(owners.why(theirs(1, 6))).endsWith("while any moves: stop them");
    look(75_000, theirs(1, 6));
    assertThat(owners.why(theirs(1, 6))).isEqualTo(still);
  }
}
