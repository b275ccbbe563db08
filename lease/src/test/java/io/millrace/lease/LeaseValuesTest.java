package io.millrace.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.checkpoint.Checkpoint;
import java.math.BigInteger;
import java.util.Collections;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Leases, pages, sessions and ranges as values. */
class LeaseValuesTest {

  private static final LeaseKey KEY = LeaseKey.of("shardId-000000000001");
  private static final SessionId ALICE = SessionId.create("alice", 0, 0, 11);
  private static final SessionId BOB = SessionId.create("bob", 0, 1, 22);

  // ---- Lease

  @Test
  void an_owner_is_nobody_a_session_or_a_stranger() {
    Lease nobodys = lease(null, Checkpoint.TRIM_HORIZON, null);
    Lease alices = lease(ALICE.value(), Checkpoint.TRIM_HORIZON, null);
    Lease strangers = lease("host:uuid", Checkpoint.TRIM_HORIZON, null);

    assertThat(nobodys.ownerSession()).isEmpty();
    assertThat(nobodys.isForeignOwned()).isFalse();
    assertThat(nobodys.isOwnedBy(ALICE)).isFalse();
    assertThat(alices.ownerSession()).contains(ALICE);
    assertThat(alices.isForeignOwned()).isFalse();
    assertThat(alices.isOwnedBy(ALICE)).isTrue();
    assertThat(alices.isOwnedBy(BOB)).isFalse();
    assertThat(strangers.ownerSession()).isEmpty();
    assertThat(strangers.isForeignOwned()).isTrue();
  }

  @Test
  void a_lease_is_held_with_its_counter_as_the_token() {
    assertThat(lease(ALICE.value(), Checkpoint.LATEST, null).heldBy(ALICE))
        .isEqualTo(new HeldLease(KEY, ALICE, 3));
  }

  @Test
  void only_latest_and_an_undated_at_timestamp_are_resolved_by_a_claim() {
    OptionalLong time = OptionalLong.of(17);

    assertThat(lease(null, Checkpoint.LATEST, null).isResolvedBy(time)).isTrue();
    assertThat(lease(null, Checkpoint.AT_TIMESTAMP, null).isResolvedBy(time)).isTrue();
    assertThat(lease(null, Checkpoint.AT_TIMESTAMP, 5L).isResolvedBy(time)).isFalse();
    assertThat(lease(null, Checkpoint.TRIM_HORIZON, null).isResolvedBy(time)).isFalse();
    assertThat(lease(null, Checkpoint.SHARD_END, null).isResolvedBy(time)).isFalse();
    assertThat(lease(null, Checkpoint.parse("12", 0), null).isResolvedBy(time)).isFalse();
    assertThat(lease(null, Checkpoint.LATEST, null).isResolvedBy(OptionalLong.empty())).isFalse();
  }

  @Test
  void a_lease_does_not_follow_the_sets_that_it_was_made_from() {
    SortedSet<LeaseKey> parents = new TreeSet<>();
    Lease lease = Lease.unowned(KEY, Checkpoint.TRIM_HORIZON, OptionalLong.empty(), parents, null);

    parents.add(LeaseKey.of("later"));

    assertThat(lease.parents()).isEmpty();
    assertThatThrownBy(() -> lease.parents().add(KEY))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void a_token_is_never_negative() {
    assertThatThrownBy(
            () ->
                new Lease(
                    KEY,
                    null,
                    -1,
                    Checkpoint.LATEST,
                    null,
                    null,
                    new TreeSet<>(),
                    new TreeSet<>(),
                    null,
                    null,
                    null,
                    0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(KEY.value(), "-1");
    assertThatThrownBy(
            () ->
                new Lease(
                    KEY,
                    null,
                    0,
                    Checkpoint.LATEST,
                    null,
                    null,
                    new TreeSet<>(),
                    new TreeSet<>(),
                    null,
                    null,
                    null,
                    -2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-2");
  }

  @Test
  void a_lease_key_is_never_that_of_another_kind_of_row() {
    for (String key : new String[] {"", "$application", "$sessions/0"}) {
      assertThatThrownBy(() -> LeaseKey.of(key))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'" + key + "'");
    }
  }

  // ---- PendingCheckpoint

  @Test
  void a_pending_checkpoint_keeps_its_own_copy_of_the_state() {
    byte[] state = {1, 2};
    PendingCheckpoint pending = new PendingCheckpoint(Checkpoint.LATEST, state);

    state[0] = 9;
    pending.state()[1] = 9;

    assertThat(pending.state()).containsExactly(1, 2);
    assertThat(pending)
        .isEqualTo(new PendingCheckpoint(Checkpoint.LATEST, new byte[] {1, 2}))
        .hasSameHashCodeAs(new PendingCheckpoint(Checkpoint.LATEST, new byte[] {1, 2}))
        .isNotEqualTo(new PendingCheckpoint(Checkpoint.LATEST, null))
        .isNotEqualTo(new PendingCheckpoint(Checkpoint.LATEST, new byte[0]));
    assertThat(new PendingCheckpoint(Checkpoint.LATEST, null).state()).isNull();
  }

  // ---- Session and SessionPage

  @Test
  void a_session_refuses_numbers_that_cannot_be() {
    assertThatThrownBy(() -> new Session(ALICE, 0, 0, 100, 1, null, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0, 100, 1");
    assertThatThrownBy(() -> new Session(ALICE, 0, 6_000, -1, 1, null, false))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Session(ALICE, 0, 6_000, 100, 0, null, false))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_session_changes_one_thing_at_a_time() {
    SessionLoad load = new SessionLoad(SessionLoad.Unit.BYTES, 40);
    SessionLoad other = new SessionLoad(SessionLoad.Unit.RECORDS, 40);
    Session session = new Session(ALICE, 1, 6_000, 200, 30, load, false);

    assertThat(session.withBeat(2)).isEqualTo(new Session(ALICE, 2, 6_000, 200, 30, load, false));
    assertThat(session.withLeaving(true))
        .isEqualTo(new Session(ALICE, 1, 6_000, 200, 30, load, true));
    assertThat(session.withLoad(other))
        .isEqualTo(new Session(ALICE, 1, 6_000, 200, 30, other, false));
    assertThatThrownBy(() -> new SessionLoad(SessionLoad.Unit.BYTES, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
  }

  @Test
  void a_page_has_room_for_eight_sessions() {
    SortedMap<SessionId, Session> sessions = new TreeMap<>();
    for (int i = 0; i < SessionPage.MAX_SESSIONS; i++) {
      assertThat(page(sessions).hasRoom()).isTrue();
      SessionId id = SessionId.create("w", 0, i, i);
      sessions.put(id, new Session(id, 0, 6_000, 100, 1, null, false));
    }
    assertThat(page(sessions).hasRoom()).isFalse();
  }

  @Test
  void a_page_does_not_follow_the_map_that_it_was_made_from() {
    SortedMap<SessionId, Session> sessions = new TreeMap<>();
    SessionPage page = page(sessions);

    sessions.put(ALICE, new Session(ALICE, 0, 6_000, 100, 1, null, false));

    assertThat(page.session(ALICE)).isEmpty();
    assertThat(page(sessions).session(ALICE)).isPresent();
    assertThat(page(sessions).session(BOB)).isEmpty();
  }

  // ---- Application

  @Test
  void a_stream_created_anew_under_the_same_name_is_another_one() {
    Application application = new Application("arn", 5, "LATEST", 17L, false);

    assertThat(application.isSameStreamAs(new Application("arn", 5, "TRIM_HORIZON", null, true)))
        .isTrue();
    assertThat(application.isSameStreamAs(new Application("arn", 6, "LATEST", 17L, false)))
        .isFalse();
    assertThat(application.isSameStreamAs(new Application("arn2", 5, "LATEST", 17L, false)))
        .isFalse();
  }

  // ---- HashKeyRange

  @Test
  void ranges_include_both_ends() {
    HashKeyRange range = HashKeyRange.of("10", "20");

    assertThat(range.contains(BigInteger.valueOf(9))).isFalse();
    assertThat(range.contains(BigInteger.valueOf(10))).isTrue();
    assertThat(range.contains(BigInteger.valueOf(20))).isTrue();
    assertThat(range.contains(BigInteger.valueOf(21))).isFalse();
    assertThat(range.overlaps(HashKeyRange.of("20", "30"))).isTrue();
    assertThat(range.overlaps(HashKeyRange.of("21", "30"))).isFalse();
    assertThat(range.overlaps(HashKeyRange.of("0", "10"))).isTrue();
    assertThat(range.overlaps(HashKeyRange.of("0", "9"))).isFalse();
    assertThat(range.overlaps(HashKeyRange.of("12", "13"))).isTrue();
    assertThat(HashKeyRange.of("12", "13").overlaps(range)).isTrue();
    assertThat(HashKeyRange.of("5", "5").contains(BigInteger.valueOf(5))).isTrue();
  }

  @Test
  void the_whole_range_ends_at_128_bits() {
    assertThat(HashKeyRange.ALL)
        .isEqualTo(HashKeyRange.of("0", "340282366920938463463374607431768211455"));
  }

  @Test
  void what_is_no_range_is_refused_with_its_ends() {
    assertThatThrownBy(() -> HashKeyRange.of("20", "10"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("20 to 10");
    assertThatThrownBy(() -> HashKeyRange.of("-1", "10"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1 to 10");
    assertThatThrownBy(() -> HashKeyRange.of("0", HashKeyRange.MAX.add(BigInteger.ONE).toString()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> HashKeyRange.of("zero", "10"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("zero");
  }

  private static Lease lease(String owner, Checkpoint checkpoint, Long startAtMillis) {
    return new Lease(
        KEY,
        owner,
        3,
        checkpoint,
        null,
        startAtMillis,
        Collections.emptySortedSet(),
        Collections.emptySortedSet(),
        HashKeyRange.ALL,
        null,
        null,
        0);
  }

  private static SessionPage page(SortedMap<SessionId, Session> sessions) {
    return new SessionPage(0, 1, 0, sessions, 1, 0);
  }
}
