package io.millrace.lease.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.lease.Application;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseScan;
import io.millrace.lease.PendingCheckpoint;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionPage;
import io.millrace.lease.table.HandBack.Decision;
import io.millrace.lease.table.HandBack.Wish;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class HandBackTest {

  private static final SessionId ALICE = SessionId.create("alice", 0, 1, 1);
  private static final Checkpoint RECORD = Checkpoint.at(SequenceNumber.of("17"), 0);
  private static final Application APPLICATION =
      new Application("arn", 5, "TRIM_HORIZON", null, true);
  private static final long NOON = Instant.parse("2026-11-22T12:00:00Z").toEpochMilli();
  private static final Wish NO_WISH = new Wish(OptionalLong.empty(), false);

  private static Lease lease(
      int shard, String owner, Checkpoint checkpoint, Long startAt, String state) {
    return new Lease(
        LeaseKey.of("shardId-" + shard),
        owner,
        3,
        checkpoint,
        state == null
            ? null
            : new PendingCheckpoint(RECORD, state.getBytes(StandardCharsets.UTF_8)),
        startAt,
        Collections.emptySortedSet(),
        Collections.emptySortedSet(),
        HashKeyRange.ALL,
        null,
        null,
        0);
  }

  private static TableContents table(boolean ours, Long beat, Lease... leases) {
    TreeMap<SessionId, Session> sessions = new TreeMap<>();
    if (beat != null) {
      sessions.put(ALICE, new Session(ALICE, beat, 6_000, 100, Integer.MAX_VALUE, null, false));
    }
    return new TableContents(
        new LeaseScan(List.of(leases), List.of()),
        ours ? Optional.of(APPLICATION) : Optional.empty(),
        ours ? List.of(new SessionPage(0, 9, 1, sessions, 1, 4)) : List.of(),
        new TreeMap<>(),
        new TreeSet<>(List.of("leaseKey", "childShardIds")));
  }

  private static Decision decide(TableContents table, Wish wish, SessionId... alive) {
    SortedSet<SessionId> living = new TreeSet<>(Arrays.asList(alive));
    return HandBack.decide(
        table, living, state -> new String(state, StandardCharsets.UTF_8).startsWith("sink"), wish);
  }

  private static List<String> reasons(Decision decision) {
    assertThat(decision).isInstanceOf(Decision.Refused.class);
    return ((Decision.Refused) decision).reasons();
  }

  @Test
  void leases_of_dead_sessions_are_released_and_finished_ones_too() {
    Lease owned = lease(1, ALICE.value(), RECORD, null, null);
    Lease finished = lease(2, ALICE.value(), Checkpoint.SHARD_END, null, null);
    Lease free = lease(3, null, RECORD, null, null);
    Lease theirs = lease(4, "ip-10-0-0-1:5c3e", RECORD, null, null);

    Decision decision = decide(table(true, 7L, owned, finished, free, theirs), NO_WISH);

    assertThat(decision).isEqualTo(new Decision.Go(List.of(owned, finished), List.of()));
  }

  @Test
  void a_session_that_beats_or_comes_is_alive_and_one_that_stands_still_is_not() {
    TableContents before = table(true, 7L);
    assertThat(HandBack.alive(before, table(true, 7L))).isEmpty();
    assertThat(HandBack.alive(before, table(true, 8L))).containsExactly(ALICE);
    assertThat(HandBack.alive(table(true, null), before)).containsExactly(ALICE);
    assertThat(HandBack.watchMillis(before)).isEqualTo(6_000);
    assertThat(HandBack.watchMillis(table(true, null))).isZero();
    assertThat(reasons(decide(before, NO_WISH, ALICE)))
        .singleElement()
        .asString()
        .contains("alive", ALICE.value());
  }

  @Test
  void a_lease_at_a_timestamp_needs_the_word_that_the_other_library_gets_that_time() {
    TableContents table = table(true, null, lease(1, null, Checkpoint.AT_TIMESTAMP, NOON, null));

    assertThat(reasons(decide(table, NO_WISH)))
        .singleElement()
        .asString()
        .contains("shardId-1", "2026-11-22T12:00:00Z", "--kcl-timestamp");
    assertThat(reasons(decide(table, new Wish(OptionalLong.of(NOON + 1), false))))
        .singleElement()
        .asString()
        .contains("2026-11-22T12:00:00.001Z", "2026-11-22T12:00:00Z");
    assertThat(decide(table, new Wish(OptionalLong.of(NOON), false)))
        .isInstanceOf(Decision.Go.class);
  }

  @Test
  void leases_at_different_times_cannot_be_given_to_a_library_that_knows_one() {
    TableContents table =
        table(
            true,
            null,
            lease(1, null, Checkpoint.AT_TIMESTAMP, NOON, null),
            lease(2, null, Checkpoint.AT_TIMESTAMP, NOON + 1, null));
    assertThat(reasons(decide(table, new Wish(OptionalLong.of(NOON), false))))
        .singleElement()
        .asString()
        .contains("different times", "shardId-1", "shardId-2");
  }

  @Test
  void a_finished_lease_has_no_time_to_give() {
    TableContents table = table(true, null, lease(1, null, Checkpoint.SHARD_END, NOON, null));
    assertThat(decide(table, NO_WISH)).isInstanceOf(Decision.Go.class);
  }

  @Test
  void what_a_sink_has_under_way_is_kept_unless_said_and_a_processors_pending_always_stays() {
    Lease ofSink = lease(1, null, RECORD, null, "sink state");
    Lease ofUser = lease(2, null, RECORD, null, "user state");
    TableContents table = table(true, null, ofSink, ofUser);

    assertThat(reasons(decide(table, NO_WISH)))
        .singleElement()
        .asString()
        .contains("shardId-1", "--drop-pendings")
        .doesNotContain("shardId-2");
    assertThat(decide(table, new Wish(OptionalLong.empty(), true)))
        .isEqualTo(new Decision.Go(List.of(), List.of(ofSink)));
  }

  @Test
  void a_table_without_rows_of_ours_needs_nothing() {
    assertThat(decide(table(false, null, lease(1, "x", RECORD, null, null)), NO_WISH))
        .isInstanceOf(Decision.Nothing.class);
  }

  @Test
  void the_state_of_a_table_follows_from_its_rows() {
    Lease theirs = lease(1, "ip-10-0-0-1:5c3e", RECORD, null, null);
    assertThat(TableState.of(table(false, null))).isEqualTo(TableState.EMPTY);
    assertThat(TableState.of(table(false, null, theirs))).isEqualTo(TableState.FOREIGN);
    assertThat(TableState.of(table(true, null, theirs))).isEqualTo(TableState.MIXED);
    assertThat(TableState.of(table(true, null, lease(1, ALICE.value(), RECORD, null, null))))
        .isEqualTo(TableState.OURS);
    assertThat(TableState.library(table(false, null, theirs))).contains("2.3 or later");
  }
}
