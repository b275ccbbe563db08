package io.millrace.kcl.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class HoldingsTest {

  private final Session a = session("a", 0);
  private final Session b = session("b", 1);
  private final Holdings holdings = new Holdings();

  private static Session session(String name, int joins) {
    return new Session(
        SessionId.create(name, 0, joins, 1), 1, 6_000, 100, Integer.MAX_VALUE, null, false);
  }

  private static Lease lease(int shard, Session owner, Session heir) {
    return new Lease(
        LeaseKey.of("shardId-00000000000" + shard),
        owner == null ? null : owner.id().value(),
        1,
        Checkpoint.TRIM_HORIZON,
        null,
        null,
        Collections.emptySortedSet(),
        Collections.emptySortedSet(),
        HashKeyRange.ALL,
        null,
        heir == null ? null : heir.id(),
        0);
  }

  private void look(long now, Lease... leases) {
    holdings.look(List.of(a, b), List.of(leases), now);
  }

  @Test
  void what_stays_the_same_is_as_old_as_when_it_was_first_seen() {
    look(10, lease(1, a, null), lease(2, b, null));
    look(20, lease(1, a, null), lease(2, b, null));
    assertThat(holdings.sinceMillis(a.id(), 99)).isEqualTo(10);
    assertThat(holdings.sinceMillis(b.id(), 99)).isEqualTo(10);
  }

  @Test
  void an_announcement_changes_the_heir_and_the_hand_off_changes_the_owner() {
    look(10, lease(1, a, null), lease(2, b, null));
    look(20, lease(1, a, b), lease(2, b, null));
    assertThat(holdings.sinceMillis(a.id(), 99)).isEqualTo(10);
    assertThat(holdings.sinceMillis(b.id(), 99)).isEqualTo(20);
    look(30, lease(1, b, null), lease(2, b, null));
    assertThat(holdings.sinceMillis(a.id(), 99)).isEqualTo(30);
    assertThat(holdings.sinceMillis(b.id(), 99)).isEqualTo(20);
  }

  @Test
  void who_was_not_there_has_changed_just_now() {
    assertThat(holdings.sinceMillis(a.id(), 99)).isEqualTo(99);
    look(10);
    assertThat(holdings.sinceMillis(a.id(), 99)).isEqualTo(10);
    holdings.look(List.of(b), List.of(), 20);
    assertThat(holdings.sinceMillis(a.id(), 99)).isEqualTo(99);
  }
}
