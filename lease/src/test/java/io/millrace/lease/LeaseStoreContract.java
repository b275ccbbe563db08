package io.millrace.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.lease.LeaseStore.BeatResult;
import io.millrace.lease.LeaseStore.DeleteResult;
import io.millrace.lease.LeaseStore.ExpireResult;
import io.millrace.lease.LeaseStore.JoinResult;
import io.millrace.lease.LeaseStore.OwnerResult;
import io.millrace.lease.LeaseStoreException.Kind;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every lease store does. A subclass gives a store on an empty table before each test.
 *
 * <p>"Repeated" stands for an operation whose first attempt took effect without an answer; "late"
 * for an attempt that arrives after its caller has gone on.
 */
public abstract class LeaseStoreContract {

  private static final int PATIENCE_SECONDS = 30;

  protected static final LeaseKey KEY = LeaseKey.of("shardId-000000000001");
  protected static final SessionId ALICE = SessionId.create("alice", 0, 0, 11);
  protected static final SessionId BOB = SessionId.create("bob", 0, 1, 22);
  protected static final SessionId CAROL = SessionId.create("carol", 0, 2, 33);

  protected static final Checkpoint FIRST =
      at("49590338271490256608559692538361571095921575989136588898");
  protected static final Checkpoint SECOND =
      at("49590338271490256608559692540925702759324208523137515618");
  protected static final Checkpoint THIRD =
      at("49590338271490256608559692540925702759324208523137515699");

  private LeaseStore store;

  /** A store on a table that exists and has no rows; called before each test. */
  protected abstract LeaseStore emptyStore() throws Exception;

  /** Waits for an operation; a store in virtual time overrides this. */
  protected <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(e);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeEach
  void open() throws Exception {
    store = emptyStore();
  }

  // ---- the application row

  @Test
  void an_empty_table_belongs_to_no_application() {
    assertThat(await(store.readApplication())).isEmpty();
  }

  @Test
  void an_application_reads_back_as_written() {
    Application latest = new Application("arn:stream", 1_700_000_000_000L, "LATEST", 17L, false);

    assertThat(await(store.createApplication(latest))).isEqualTo(latest);
    assertThat(await(store.readApplication())).contains(latest);
  }

  @Test
  void the_first_application_stays_whoever_comes_later() {
    Application first = new Application("arn:stream", 5, "TRIM_HORIZON", null, false);
    Application other = new Application("arn:other", 6, "LATEST", 17L, true);
    await(store.createApplication(first));

    assertThat(await(store.createApplication(other))).isEqualTo(first);
    assertThat(await(store.createApplication(first))).isEqualTo(first);
    assertThat(await(store.readApplication())).contains(first);
  }

  @Test
  void marking_as_initialised_changes_nothing_else_and_may_be_repeated() {
    Application application = new Application("arn:stream", 5, "AT_TIMESTAMP", 17L, false);
    await(store.createApplication(application));

    assertThat(await(store.markInitialised())).isEqualTo(application.withInitialised());
    assertThat(await(store.markInitialised())).isEqualTo(application.withInitialised());
    assertThat(await(store.readApplication())).contains(application.withInitialised());
  }

  @Test
  void marking_as_initialised_needs_an_application_and_does_not_create_one() {
    assertFailsWith(Kind.INVALID, store.markInitialised());
    assertThat(await(store.readApplication())).isEmpty();
  }

  // ---- pages

  @Test
  void an_absent_page_reads_as_empty() {
    assertThat(await(store.readPage(0))).isEmpty();
    assertThat(await(store.readPage(3))).isEmpty();
  }

  @Test
  void a_negative_page_is_refused_at_once() {
    assertThatThrownBy(() -> store.readPage(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
    assertThatThrownBy(() -> store.createPage(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
  }

  @Test
  void the_first_page_starts_with_one_page_and_no_sessions() {
    SessionPage page = await(store.createPage(0));

    assertThat(page).isEqualTo(new SessionPage(0, 1, 0, Collections.emptySortedMap(), 1, 0));
    assertThat(await(store.readPage(0))).contains(page);
  }

  @Test
  void creating_a_page_again_finds_it_as_it_is() {
    await(store.createPage(0));
    SessionPage joined = join(session(ALICE, 1)).page();

    assertThat(await(store.createPage(0))).isEqualTo(joined);
    assertThat(await(store.readPage(0))).contains(joined);
  }

  @Test
  void creating_a_further_page_counts_it_on_the_first() {
    await(store.createPage(0));
    SessionPage second = await(store.createPage(1));

    assertThat(second).isEqualTo(new SessionPage(1, 1, 0, Collections.emptySortedMap(), 0, 0));
    assertThat(firstPage().pageCount()).isEqualTo(2);
    assertThat(firstPage().version()).isEqualTo(2);
    assertThat(await(store.createPage(1))).isEqualTo(second);
    assertThat(firstPage().version()).isEqualTo(2);
  }

  @Test
  void a_late_creation_of_a_lower_page_does_not_lower_the_count() {
    await(store.createPage(0));
    await(store.createPage(2));
    await(store.createPage(1));

    assertThat(firstPage().pageCount()).isEqualTo(3);
    assertThat(await(store.readPage(1))).isPresent();
  }

  @Test
  void a_further_page_needs_the_first() {
    assertFailsWith(Kind.INVALID, store.createPage(1));
    assertThat(await(store.readPage(1))).isEmpty();
    assertThat(await(store.readPage(0))).isEmpty();
  }

  // ---- join

  @Test
  void a_session_joins_with_everything_it_says_of_itself() {
    await(store.createPage(0));
    Session session =
        new Session(
            ALICE, 7, 6_000, 250, 40, new SessionLoad(SessionLoad.Unit.BYTES, 123_456_789), true);

    JoinResult result = join(session);

    assertThat(result).isInstanceOf(JoinResult.Joined.class);
    assertThat(result.page().session(ALICE)).contains(session);
    assertThat(result.page().joins()).isEqualTo(1);
    assertThat(result.page().version()).isEqualTo(2);
    assertThat(firstPage()).isEqualTo(result.page());
  }

  @Test
  void a_session_that_says_little_of_itself_reads_back_the_same() {
    await(store.createPage(0));
    Session session = session(ALICE, 0);

    assertThat(join(session).page().session(ALICE)).contains(session);
  }

  @Test
  void a_repeated_join_finds_itself_and_is_not_counted_twice() {
    await(store.createPage(0));
    JoinResult first = join(session(ALICE, 1));

    assertThat(join(session(ALICE, 1))).isEqualTo(first);
    assertThat(firstPage()).isEqualTo(first.page());
  }

  @Test
  void a_repeated_join_finds_itself_even_when_others_joined_since() {
    await(store.createPage(0));
    join(session(ALICE, 1));
    join(session(BOB, 1));

    assertThat(join(session(ALICE, 1))).isInstanceOf(JoinResult.Joined.class);
    assertThat(firstPage().joins()).isEqualTo(2);
  }

  @Test
  void of_two_that_saw_the_same_page_only_one_joins() {
    await(store.createPage(0));
    SessionId rival = SessionId.create("rival", 0, 0, 99);
    SessionPage page = join(session(ALICE, 1)).page();

    assertThat(join(session(rival, 1))).isEqualTo(new JoinResult.Refused(page));
    assertThat(firstPage()).isEqualTo(page);
  }

  @Test
  void a_late_join_of_an_expired_session_does_not_bring_it_back() {
    await(store.createPage(0));
    join(session(ALICE, 1));
    await(store.expire(ALICE, 1));

    assertThat(join(session(ALICE, 1))).isInstanceOf(JoinResult.Refused.class);
    assertThat(firstPage().sessions()).isEmpty();
  }

  @Test
  void a_full_page_refuses_one_more_until_somebody_leaves() {
    await(store.createPage(0));
    List<SessionId> ids = fillPage();
    SessionId late = SessionId.create("late", 0, ids.size(), 5);

    JoinResult refused = join(session(late, 1));
    assertThat(refused).isInstanceOf(JoinResult.Refused.class);
    assertThat(refused.page().hasRoom()).isFalse();
    assertThat(refused.page().sessions().keySet()).containsExactlyInAnyOrderElementsOf(ids);

    await(store.leave(ids.get(3)));
    assertThat(join(session(late, 1))).isInstanceOf(JoinResult.Joined.class);
  }

  @Test
  void joining_a_page_that_does_not_exist_is_refused_and_creates_nothing() {
    assertThat(join(session(ALICE, 1)))
        .isEqualTo(
            new JoinResult.Refused(new SessionPage(0, 0, 0, Collections.emptySortedMap(), 0, 0)));
    assertThat(await(store.readPage(0))).isEmpty();
  }

  @Test
  void a_session_joins_the_page_that_its_id_names() {
    await(store.createPage(0));
    await(store.createPage(1));
    SessionId id = SessionId.create("dora", 1, 0, 1);

    join(session(id, 1));

    assertThat(firstPage().sessions()).isEmpty();
    assertThat(await(store.readPage(1)).orElseThrow().session(id)).isPresent();
  }

  // ---- beat

  @Test
  void a_heartbeat_replaces_the_entry_and_shows_the_page_mates() {
    await(store.createPage(0));
    join(session(ALICE, 1));
    join(session(BOB, 5));
    Session next =
        new Session(ALICE, 2, 8_000, 300, 7, new SessionLoad(SessionLoad.Unit.RECORDS, 44), true);

    BeatResult.Alive alive = (BeatResult.Alive) beat(next);

    assertThat(alive.page().session(ALICE)).contains(next);
    assertThat(alive.page().session(BOB)).contains(session(BOB, 5));
    assertThat(alive.page().joins()).isEqualTo(2);
    assertThat(alive.page().version()).isEqualTo(4);
    assertThat(firstPage()).isEqualTo(alive.page());
  }

  @Test
  void a_repeated_heartbeat_is_alive() {
    await(store.createPage(0));
    join(session(ALICE, 1));
    beat(session(ALICE, 2));

    assertThat(beat(session(ALICE, 2))).isInstanceOf(BeatResult.Alive.class);
    assertThat(firstPage().session(ALICE)).contains(session(ALICE, 2));
  }

  @Test
  void a_late_heartbeat_does_not_land_and_the_session_lives() {
    await(store.createPage(0));
    join(session(ALICE, 1));
    beat(session(ALICE, 3).withLeaving(true));

    BeatResult result = beat(session(ALICE, 2));

    assertThat(result).isEqualTo(new BeatResult.Alive(firstPage()));
    assertThat(firstPage().session(ALICE)).contains(session(ALICE, 3).withLeaving(true));
  }

  @Test
  void a_heartbeat_does_not_bring_an_expired_session_back() {
    await(store.createPage(0));
    join(session(ALICE, 1));
    await(store.expire(ALICE, 1));

    assertThat(beat(session(ALICE, 2))).isEqualTo(new BeatResult.SessionLost());
    assertThat(firstPage().sessions()).isEmpty();
  }

  @Test
  void a_heartbeat_into_an_absent_page_is_a_lost_session_and_creates_nothing() {
    assertThat(beat(session(ALICE, 2))).isEqualTo(new BeatResult.SessionLost());
    assertThat(await(store.readPage(0))).isEmpty();
  }

  // ---- expire, leave, bump

  @Test
  void a_session_expires_on_the_beat_that_was_observed() {
    await(store.createPage(0));
    join(session(ALICE, 1));
    join(session(BOB, 1));

    assertThat(await(store.expire(ALICE, 1))).isEqualTo(new ExpireResult.Gone(true));
    assertThat(firstPage().sessions().keySet()).containsExactly(BOB);
    assertThat(firstPage().joins()).isEqualTo(2);
    assertThat(firstPage().version()).isEqualTo(4);
  }

  @Test
  void a_repeated_expiry_finds_it_gone() {
    await(store.createPage(0));
    join(session(ALICE, 1));
    await(store.expire(ALICE, 1));

    assertThat(await(store.expire(ALICE, 1))).isEqualTo(new ExpireResult.Gone(false));
  }

  @Test
  void a_session_that_has_beaten_since_does_not_expire() {
    await(store.createPage(0));
    join(session(ALICE, 1));
    beat(session(ALICE, 2));

    assertThat(await(store.expire(ALICE, 1))).isEqualTo(new ExpireResult.Lives(firstPage()));
    assertThat(firstPage().session(ALICE)).isPresent();
  }

  @Test
  void a_session_whose_page_is_absent_is_gone() {
    assertThat(await(store.expire(ALICE, 1))).isEqualTo(new ExpireResult.Gone(false));
    assertThat(await(store.readPage(0))).isEmpty();
  }

  @Test
  void leaving_removes_the_entry_and_may_be_repeated() {
    await(store.createPage(0));
    join(session(ALICE, 1));
    join(session(BOB, 1));

    SessionPage left = await(store.leave(ALICE)).orElseThrow();

    assertThat(left.sessions().keySet()).containsExactly(BOB);
    assertThat(left.version()).isEqualTo(4);
    assertThat(await(store.leave(ALICE))).contains(left);
    assertThat(firstPage()).isEqualTo(left);
  }

  @Test
  void leaving_an_absent_page_creates_nothing() {
    assertThat(await(store.leave(ALICE))).isEmpty();
    assertThat(await(store.readPage(0))).isEmpty();
  }

  @Test
  void a_bump_raises_the_generation_and_nothing_else() {
    await(store.createPage(0));
    SessionPage before = join(session(ALICE, 1)).page();

    SessionPage bumped = await(store.bump()).orElseThrow();

    assertThat(bumped)
        .isEqualTo(
            new SessionPage(0, before.version() + 1, before.joins(), before.sessions(), 1, 1));
    assertThat(await(store.bump()).orElseThrow().generation()).isEqualTo(2);
  }

  @Test
  void a_late_bump_after_the_rows_were_removed_creates_none() {
    assertThat(await(store.bump())).isEmpty();
    assertThat(await(store.readPage(0))).isEmpty();
  }

  // ---- create, read, scan, delete

  @Test
  void a_lease_reads_back_with_everything_it_has() {
    Lease full =
        new Lease(
            KEY,
            BOB.value(),
            41,
            at("123", 7),
            new PendingCheckpoint(at("456", 8), bytes("state")),
            1_700_000_000_000L,
            keys("shardId-000000000002", "shardId-000000000003"),
            keys("shardId-000000000004"),
            new HashKeyRange(BigInteger.TEN, HashKeyRange.MAX),
            1_700_000_000_001L,
            CAROL,
            3);

    assertThat(await(store.create(full))).isEqualTo(full);
    assertThat(await(store.readLease(KEY))).contains(full);
    assertThat(await(store.scan())).isEqualTo(new LeaseScan(List.of(full), List.of()));
  }

  @Test
  void a_lease_reads_back_with_as_little_as_it_may_have() {
    Lease bare =
        Lease.unowned(KEY, Checkpoint.TRIM_HORIZON, OptionalLong.empty(), new TreeSet<>(), null);

    assertThat(await(store.create(bare))).isEqualTo(bare);
    assertThat(await(store.readLease(KEY))).contains(bare);
  }

  @Test
  void creating_a_lease_again_finds_it_as_it_is() {
    Lease created = create(Checkpoint.TRIM_HORIZON);
    Lease claimed = claim(created, ALICE);

    assertThat(await(store.create(created))).isEqualTo(claimed);
    assertThat(await(store.readLease(KEY))).contains(claimed);
  }

  @Test
  void a_lease_that_is_not_there_reads_as_empty() {
    assertThat(await(store.readLease(KEY))).isEmpty();
  }

  @Test
  void a_scan_finds_leases_by_key_and_no_other_rows() {
    await(store.createApplication(new Application("arn:stream", 5, "LATEST", 17L, false)));
    await(store.createPage(0));
    await(store.createPage(1));
    Lease third = await(store.create(unowned("c")));
    Lease first = await(store.create(unowned("a")));
    Lease second = await(store.create(unowned("b")));

    assertThat(await(store.scan()))
        .isEqualTo(new LeaseScan(List.of(first, second, third), List.of()));
  }

  @Test
  void a_scan_of_an_empty_table_is_empty() {
    assertThat(await(store.scan())).isEqualTo(new LeaseScan(List.of(), List.of()));
  }

  @Test
  void a_finished_lease_is_deleted_and_may_be_deleted_again() {
    Lease ended = end(claim(create(FIRST), ALICE), ALICE);

    assertThat(await(store.delete(ended))).isEqualTo(DeleteResult.GONE);
    assertThat(await(store.readLease(KEY))).isEmpty();
    assertThat(await(store.delete(ended))).isEqualTo(DeleteResult.GONE);
  }

  @Test
  void an_unfinished_lease_is_not_deleted() {
    Lease lease = create(FIRST);

    assertThat(await(store.delete(lease))).isEqualTo(DeleteResult.CHANGED);
    assertThat(await(store.readLease(KEY))).contains(lease);
  }

  @Test
  void a_finished_lease_that_changed_hands_since_is_not_deleted() {
    Lease ended = end(claim(create(FIRST), ALICE), ALICE);
    await(store.handOff(ended.heldBy(ALICE), Optional.empty()));

    assertThat(await(store.delete(ended))).isEqualTo(DeleteResult.CHANGED);
    assertThat(await(store.readLease(KEY))).isPresent();
  }

  // ---- claim

  @Test
  void a_claim_takes_the_lease_raises_the_token_and_forgets_the_heir() {
    Lease free =
        await(
            store.create(
                new Lease(
                    KEY,
                    null,
                    4,
                    FIRST,
                    null,
                    null,
                    keys("p"),
                    keys("c"),
                    HashKeyRange.ALL,
                    null,
                    BOB,
                    2)));

    Lease claimed = claim(free, ALICE);

    assertThat(claimed)
        .isEqualTo(
            new Lease(
                KEY,
                ALICE.value(),
                5,
                FIRST,
                null,
                null,
                keys("p"),
                keys("c"),
                HashKeyRange.ALL,
                null,
                null,
                2));
    assertThat(await(store.readLease(KEY))).contains(claimed);
  }

  @Test
  void a_claim_from_another_owner_counts_as_a_switch() {
    Lease alices = claim(create(FIRST), ALICE);

    Lease bobs = claim(alices, BOB);

    assertThat(bobs.ownerSwitchesSinceCheckpoint()).isEqualTo(1);
    assertThat(claim(bobs, CAROL).ownerSwitchesSinceCheckpoint()).isEqualTo(2);
  }

  @Test
  void a_claim_from_another_library_works_whatever_its_owner_is_called() {
    for (String owner : List.of("host-7:8f3e", "", "ein Name mit Umläuten äöü", "x".repeat(500))) {
      LeaseKey key = LeaseKey.of("shard-of-" + owner.length());
      Lease foreign =
          await(
              store.create(
                  new Lease(
                      key, owner, 9, FIRST, null, null, keys(), keys(), null, null, null, 0)));
      assertThat(foreign.isForeignOwned()).isTrue();

      assertThat(claim(foreign, ALICE).counter()).isEqualTo(10);
    }
  }

  @Test
  void a_repeated_claim_is_done_and_does_not_raise_the_token_twice() {
    Lease free = create(FIRST);
    Lease claimed = claim(free, ALICE);

    assertThat(await(store.claim(free, ALICE, OptionalLong.empty())))
        .isEqualTo(new OwnerResult.Done(claimed));
    assertThat(await(store.readLease(KEY))).contains(claimed);
  }

  @Test
  void of_two_claims_on_what_both_saw_one_is_lost() {
    Lease free = create(FIRST);
    Lease alices = claim(free, ALICE);

    assertThat(await(store.claim(free, BOB, OptionalLong.empty())))
        .isEqualTo(new OwnerResult.Lost(Optional.of(alices)));
    assertThat(await(store.readLease(KEY))).contains(alices);
  }

  @Test
  void a_late_claim_after_the_lease_was_handed_on_is_lost() {
    Lease free = create(FIRST);
    Lease alices = claim(free, ALICE);
    Lease released = done(store.handOff(alices.heldBy(ALICE), Optional.empty()));

    assertThat(await(store.claim(free, ALICE, OptionalLong.empty())))
        .isEqualTo(new OwnerResult.Lost(Optional.of(released)));
  }

  @Test
  void a_late_claim_is_lost_even_when_the_lease_has_come_back_to_the_claimant() {
    Lease free = create(FIRST);
    Lease alices = claim(free, ALICE);
    Lease bobs = claim(alices, BOB);
    Lease again = claim(bobs, ALICE);

    assertThat(await(store.claim(free, ALICE, OptionalLong.empty())))
        .isEqualTo(new OwnerResult.Lost(Optional.of(again)));
  }

  @Test
  void a_claim_depends_on_the_counter_also_when_the_owner_is_the_same() {
    Lease seen = claim(create(FIRST), ALICE);
    Lease moved =
        new Lease(
            LeaseKey.of("moved"),
            "kcl-worker",
            8,
            FIRST,
            null,
            null,
            keys(),
            keys(),
            null,
            null,
            null,
            0);
    await(store.create(moved));
    Lease stale =
        new Lease(
            moved.key(), "kcl-worker", 7, FIRST, null, null, keys(), keys(), null, null, null, 0);

    assertThat(await(store.claim(stale, ALICE, OptionalLong.empty())))
        .isEqualTo(new OwnerResult.Lost(Optional.of(moved)));
    assertThat(await(store.readLease(KEY))).contains(seen);
  }

  @Test
  void a_finished_lease_cannot_be_claimed() {
    Lease ended = end(claim(create(FIRST), ALICE), ALICE);

    assertThat(await(store.claim(ended, BOB, OptionalLong.empty())))
        .isEqualTo(new OwnerResult.Lost(Optional.of(ended)));
  }

  @Test
  void a_claim_of_a_row_that_is_gone_is_lost_and_creates_none() {
    assertThat(await(store.claim(unowned("gone"), ALICE, OptionalLong.empty())))
        .isEqualTo(new OwnerResult.Lost(Optional.empty()));
    assertThat(await(store.readLease(LeaseKey.of("gone")))).isEmpty();
  }

  @Test
  void a_claim_keeps_the_checkpoint_and_the_pending_one() {
    PendingCheckpoint pending = new PendingCheckpoint(at("456", 8), bytes("state"));
    Lease alices = claim(create(FIRST), ALICE);
    Lease prepared = done(store.prepare(alices.heldBy(ALICE), FIRST, null, pending));

    Lease bobs = claim(prepared, BOB);

    assertThat(bobs.checkpoint()).isEqualTo(FIRST);
    assertThat(bobs.pending()).isEqualTo(pending);
  }

  @Test
  void a_claim_stores_what_latest_means() {
    Lease claimed = done(store.claim(create(Checkpoint.LATEST), ALICE, OptionalLong.of(17)));

    assertThat(claimed.checkpoint()).isEqualTo(Checkpoint.AT_TIMESTAMP);
    assertThat(claimed.startAtMillis()).isEqualTo(17);
    assertThat(await(store.readLease(KEY))).contains(claimed);
  }

  @Test
  void a_claim_stores_what_at_timestamp_means_where_the_row_does_not_say() {
    Lease claimed = done(store.claim(create(Checkpoint.AT_TIMESTAMP), ALICE, OptionalLong.of(17)));

    assertThat(claimed.checkpoint()).isEqualTo(Checkpoint.AT_TIMESTAMP);
    assertThat(claimed.startAtMillis()).isEqualTo(17);
  }

  @Test
  void a_position_is_resolved_only_once() {
    Lease resolved = done(store.claim(create(Checkpoint.LATEST), ALICE, OptionalLong.of(17)));

    Lease again = done(store.claim(resolved, BOB, OptionalLong.of(99)));

    assertThat(again.startAtMillis()).isEqualTo(17);
  }

  @Test
  void a_claim_resolves_nothing_on_a_row_that_has_a_position() {
    Lease horizon = create(Checkpoint.TRIM_HORIZON);
    Lease record = await(store.create(unowned("record", SECOND)));

    Lease first = done(store.claim(horizon, ALICE, OptionalLong.of(17)));
    Lease second = done(store.claim(record, ALICE, OptionalLong.of(17)));

    assertThat(first.checkpoint()).isEqualTo(Checkpoint.TRIM_HORIZON);
    assertThat(first.startAtMillis()).isNull();
    assertThat(second.checkpoint()).isEqualTo(SECOND);
    assertThat(second.startAtMillis()).isNull();
  }

  @Test
  void a_claim_that_resolves_nothing_leaves_latest_as_it_is() {
    Lease claimed = claim(create(Checkpoint.LATEST), ALICE);

    assertThat(claimed.checkpoint()).isEqualTo(Checkpoint.LATEST);
    assertThat(claimed.startAtMillis()).isNull();
  }

  @Test
  void a_repeated_claim_that_resolved_is_done() {
    Lease free = create(Checkpoint.LATEST);
    Lease claimed = done(store.claim(free, ALICE, OptionalLong.of(17)));

    assertThat(await(store.claim(free, ALICE, OptionalLong.of(17))))
        .isEqualTo(new OwnerResult.Done(claimed));
  }

  @Test
  void a_claim_that_resolves_does_not_overwrite_the_last_checkpoint_of_a_dying_owner() {
    Lease seen = claim(create(Checkpoint.LATEST), ALICE);
    Lease moved = done(store.checkpoint(seen.heldBy(ALICE), Checkpoint.LATEST, FIRST));

    assertThat(await(store.claim(seen, BOB, OptionalLong.of(17))))
        .isEqualTo(new OwnerResult.Lost(Optional.of(moved)));
    assertThat(done(store.claim(moved, BOB, OptionalLong.of(17))).checkpoint()).isEqualTo(FIRST);
  }

  // ---- checkpoint and prepare

  @Test
  void a_checkpoint_moves_drops_the_pending_one_and_resets_the_switches() {
    Lease held = claim(claim(create(FIRST), BOB), ALICE);
    await(
        store.prepare(held.heldBy(ALICE), FIRST, null, new PendingCheckpoint(SECOND, bytes("x"))));

    Lease moved = done(store.checkpoint(held.heldBy(ALICE), FIRST, at("999", 12)));

    assertThat(held.ownerSwitchesSinceCheckpoint()).isEqualTo(1);
    assertThat(moved)
        .isEqualTo(
            new Lease(
                KEY,
                ALICE.value(),
                held.counter(),
                at("999", 12),
                null,
                null,
                keys(),
                keys(),
                HashKeyRange.ALL,
                null,
                null,
                0));
    assertThat(await(store.readLease(KEY))).contains(moved);
  }

  @Test
  void a_checkpoint_follows_each_of_the_initial_positions() {
    for (Checkpoint initial :
        List.of(Checkpoint.TRIM_HORIZON, Checkpoint.LATEST, Checkpoint.AT_TIMESTAMP)) {
      Lease held = claim(await(store.create(unowned(initial.text(), initial))), ALICE);

      Lease moved = done(store.checkpoint(held.heldBy(ALICE), initial, FIRST));

      assertThat(moved.checkpoint()).isEqualTo(FIRST);
    }
  }

  @Test
  void a_sequence_number_of_129_digits_survives() {
    Checkpoint long129 = at("9".repeat(SequenceNumber.MAX_DIGITS), Long.MAX_VALUE);
    Lease held = claim(create(FIRST), ALICE);

    done(store.checkpoint(held.heldBy(ALICE), FIRST, long129));

    Lease read = await(store.readLease(KEY)).orElseThrow();
    assertThat(read.checkpoint()).isEqualTo(long129);
    assertThat(read.checkpoint().text()).hasSize(129);
  }

  @Test
  void a_repeated_checkpoint_is_done() {
    HeldLease held = claim(create(FIRST), ALICE).heldBy(ALICE);
    Lease moved = done(store.checkpoint(held, FIRST, SECOND));

    assertThat(await(store.checkpoint(held, FIRST, SECOND))).isEqualTo(new OwnerResult.Done(moved));
  }

  @Test
  void a_late_checkpoint_does_not_move_back_what_has_moved_on() {
    HeldLease held = claim(create(FIRST), ALICE).heldBy(ALICE);
    done(store.checkpoint(held, FIRST, SECOND));
    Lease third = done(store.checkpoint(held, SECOND, THIRD));

    assertThat(await(store.checkpoint(held, FIRST, SECOND)))
        .isEqualTo(new OwnerResult.Lost(Optional.of(third)));
    assertThat(await(store.readLease(KEY))).contains(third);
  }

  @Test
  void a_checkpoint_depends_on_the_previous_sub_sequence_number_too() {
    HeldLease held = claim(create(at("100", 1)), ALICE).heldBy(ALICE);

    assertThat(await(store.checkpoint(held, at("100", 0), SECOND)))
        .isInstanceOf(OwnerResult.Lost.class);
    assertThat(await(store.checkpoint(held, at("100", 2), SECOND)))
        .isInstanceOf(OwnerResult.Lost.class);
    assertThat(done(store.checkpoint(held, at("100", 1), at("100", 2))).checkpoint())
        .isEqualTo(at("100", 2));
  }

  @Test
  void a_worker_that_lost_its_lease_cannot_checkpoint() {
    HeldLease alices = claim(create(FIRST), ALICE).heldBy(ALICE);
    Lease bobs = claim(await(store.readLease(KEY)).orElseThrow(), BOB);

    assertThat(await(store.checkpoint(alices, FIRST, SECOND)))
        .isEqualTo(new OwnerResult.Lost(Optional.of(bobs)));
    assertThat(await(store.readLease(KEY))).contains(bobs);
  }

  @Test
  void a_token_from_an_earlier_time_of_the_same_owner_cannot_checkpoint() {
    HeldLease before = claim(create(FIRST), ALICE).heldBy(ALICE);
    Lease released = done(store.handOff(before, Optional.empty()));
    Lease again = claim(released, ALICE);

    assertThat(await(store.checkpoint(before, FIRST, SECOND)))
        .isEqualTo(new OwnerResult.Lost(Optional.of(again)));
  }

  @Test
  void a_repeated_checkpoint_of_a_worker_that_lost_its_lease_since_is_lost() {
    HeldLease alices = claim(create(FIRST), ALICE).heldBy(ALICE);
    Lease moved = done(store.checkpoint(alices, FIRST, SECOND));
    Lease bobs = claim(moved, BOB);

    assertThat(await(store.checkpoint(alices, FIRST, SECOND)))
        .isEqualTo(new OwnerResult.Lost(Optional.of(bobs)));
  }

  @Test
  void a_checkpoint_without_a_row_is_lost_and_creates_none() {
    assertThat(await(store.checkpoint(new HeldLease(KEY, ALICE, 1), FIRST, SECOND)))
        .isEqualTo(new OwnerResult.Lost(Optional.empty()));
    assertThat(await(store.readLease(KEY))).isEmpty();
  }

  @Test
  void shard_end_does_not_go_through_checkpoint() {
    HeldLease held = claim(create(FIRST), ALICE).heldBy(ALICE);

    assertThatThrownBy(() -> store.checkpoint(held, FIRST, Checkpoint.SHARD_END))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("endShard");
  }

  @Test
  void a_pending_checkpoint_is_stored_with_its_state_and_moves_nothing() {
    Lease held = claim(create(FIRST), ALICE);
    PendingCheckpoint pending = new PendingCheckpoint(at("456", 8), new byte[] {0, -1, 7});

    Lease prepared = done(store.prepare(held.heldBy(ALICE), FIRST, null, pending));

    assertThat(prepared.pending()).isEqualTo(pending);
    assertThat(prepared.checkpoint()).isEqualTo(FIRST);
    assertThat(prepared.counter()).isEqualTo(held.counter());
    assertThat(await(store.readLease(KEY))).contains(prepared);
  }

  @Test
  void a_pending_checkpoint_without_state_replaces_one_with_state() {
    HeldLease held = claim(create(FIRST), ALICE).heldBy(ALICE);
    PendingCheckpoint old = new PendingCheckpoint(THIRD, bytes("old"));
    await(store.prepare(held, FIRST, null, old));
    PendingCheckpoint shrunk = new PendingCheckpoint(SECOND, null);

    assertThat(done(store.prepare(held, FIRST, old, shrunk)).pending()).isEqualTo(shrunk);
  }

  @Test
  void a_pending_shard_end_is_possible() {
    HeldLease held = claim(create(FIRST), ALICE).heldBy(ALICE);
    PendingCheckpoint end = new PendingCheckpoint(Checkpoint.SHARD_END, bytes("x"));

    assertThat(done(store.prepare(held, FIRST, null, end)).pending()).isEqualTo(end);
  }

  @Test
  void a_repeated_prepare_is_done() {
    HeldLease held = claim(create(FIRST), ALICE).heldBy(ALICE);
    PendingCheckpoint pending = new PendingCheckpoint(SECOND, bytes("x"));
    Lease prepared = done(store.prepare(held, FIRST, null, pending));

    assertThat(await(store.prepare(held, FIRST, null, pending)))
        .isEqualTo(new OwnerResult.Done(prepared));
  }

  @Test
  void a_late_prepare_does_not_replace_the_one_that_followed_it() {
    HeldLease held = claim(create(FIRST), ALICE).heldBy(ALICE);
    PendingCheckpoint first = new PendingCheckpoint(THIRD, bytes("x"));
    done(store.prepare(held, FIRST, null, first));
    PendingCheckpoint second = new PendingCheckpoint(SECOND, null);
    Lease prepared = done(store.prepare(held, FIRST, first, second));

    // an attempt of the first one that was under way for long
    assertThat(await(store.prepare(held, FIRST, null, first)))
        .isEqualTo(new OwnerResult.Lost(Optional.of(prepared)));
    assertThat(await(store.readLease(KEY))).contains(prepared);
    PendingCheckpoint third = new PendingCheckpoint(SECOND, bytes("y"));
    assertThat(done(store.prepare(held, FIRST, second, third)).pending()).isEqualTo(third);
    assertThat(await(store.prepare(held, FIRST, first, second)))
        .isInstanceOf(OwnerResult.Lost.class);
  }

  @Test
  void a_late_prepare_does_not_land_after_the_checkpoint_has_moved() {
    HeldLease held = claim(create(FIRST), ALICE).heldBy(ALICE);
    PendingCheckpoint pending = new PendingCheckpoint(SECOND, bytes("x"));
    done(store.prepare(held, FIRST, null, pending));
    Lease moved = done(store.checkpoint(held, FIRST, SECOND));

    assertThat(await(store.prepare(held, FIRST, null, pending)))
        .isEqualTo(new OwnerResult.Lost(Optional.of(moved)));
    assertThat(await(store.readLease(KEY)).orElseThrow().pending()).isNull();
  }

  @Test
  void a_worker_that_lost_its_lease_cannot_prepare() {
    HeldLease alices = claim(create(FIRST), ALICE).heldBy(ALICE);
    Lease bobs = claim(await(store.readLease(KEY)).orElseThrow(), BOB);

    assertThat(await(store.prepare(alices, FIRST, null, new PendingCheckpoint(SECOND, null))))
        .isEqualTo(new OwnerResult.Lost(Optional.of(bobs)));
  }

  @Test
  void a_repeated_prepare_of_a_worker_that_lost_its_lease_since_is_lost() {
    HeldLease alices = claim(create(FIRST), ALICE).heldBy(ALICE);
    PendingCheckpoint pending = new PendingCheckpoint(SECOND, bytes("x"));
    Lease bobs = claim(done(store.prepare(alices, FIRST, null, pending)), BOB);

    assertThat(bobs.pending()).isEqualTo(pending);
    assertThat(await(store.prepare(alices, FIRST, null, pending)))
        .isEqualTo(new OwnerResult.Lost(Optional.of(bobs)));
  }

  // ---- end of a shard

  @Test
  void the_end_of_a_shard_is_written_with_its_children_and_its_time() {
    HeldLease held = claim(create(FIRST), ALICE).heldBy(ALICE);
    await(store.prepare(held, FIRST, null, new PendingCheckpoint(SECOND, bytes("x"))));

    Lease ended = done(store.endShard(held, FIRST, keys("c1", "c2"), 1_700_000_000_000L));

    assertThat(ended)
        .isEqualTo(
            new Lease(
                KEY,
                ALICE.value(),
                held.token(),
                Checkpoint.SHARD_END,
                null,
                null,
                keys(),
                keys("c1", "c2"),
                HashKeyRange.ALL,
                1_700_000_000_000L,
                null,
                0));
    assertThat(ended.isFinished()).isTrue();
    assertThat(await(store.readLease(KEY))).contains(ended);
  }

  @Test
  void the_end_of_a_shard_without_children_leaves_those_on_the_row() {
    Lease row =
        new Lease(KEY, null, 0, FIRST, null, null, keys(), keys("known"), null, null, null, 0);
    HeldLease held = claim(await(store.create(row)), ALICE).heldBy(ALICE);

    assertThat(done(store.endShard(held, FIRST, keys(), 5)).children()).isEqualTo(keys("known"));
  }

  @Test
  void a_repeated_end_is_done() {
    HeldLease held = claim(create(FIRST), ALICE).heldBy(ALICE);
    Lease ended = done(store.endShard(held, FIRST, keys("c"), 5));

    assertThat(await(store.endShard(held, FIRST, keys("c"), 5)))
        .isEqualTo(new OwnerResult.Done(ended));
  }

  @Test
  void a_late_checkpoint_does_not_reopen_a_finished_shard() {
    HeldLease held = claim(create(FIRST), ALICE).heldBy(ALICE);
    Lease ended = done(store.endShard(held, FIRST, keys(), 5));

    assertThat(await(store.checkpoint(held, FIRST, SECOND)))
        .isEqualTo(new OwnerResult.Lost(Optional.of(ended)));
    assertThat(await(store.readLease(KEY))).contains(ended);
  }

  @Test
  void a_shard_does_not_end_from_a_checkpoint_that_is_not_the_previous_one() {
    HeldLease held = claim(create(FIRST), ALICE).heldBy(ALICE);
    Lease moved = done(store.checkpoint(held, FIRST, SECOND));

    assertThat(await(store.endShard(held, FIRST, keys(), 5)))
        .isEqualTo(new OwnerResult.Lost(Optional.of(moved)));
  }

  @Test
  void a_worker_that_lost_its_lease_cannot_end_the_shard() {
    HeldLease alices = claim(create(FIRST), ALICE).heldBy(ALICE);
    Lease bobs = claim(await(store.readLease(KEY)).orElseThrow(), BOB);

    assertThat(await(store.endShard(alices, FIRST, keys(), 5)))
        .isEqualTo(new OwnerResult.Lost(Optional.of(bobs)));
  }

  // ---- hand-off

  @Test
  void an_heir_is_announced_without_touching_the_ownership() {
    Lease held = claim(create(FIRST), ALICE);

    Lease announced = done(store.announce(held.heldBy(ALICE), BOB));

    assertThat(announced.heir()).isEqualTo(BOB);
    assertThat(announced.owner()).isEqualTo(ALICE.value());
    assertThat(announced.counter()).isEqualTo(held.counter());
    assertThat(done(store.announce(held.heldBy(ALICE), BOB))).isEqualTo(announced);
  }

  @Test
  void a_worker_that_lost_its_lease_cannot_announce() {
    HeldLease alices = claim(create(FIRST), ALICE).heldBy(ALICE);
    Lease bobs = claim(await(store.readLease(KEY)).orElseThrow(), BOB);

    assertThat(await(store.announce(alices, CAROL)))
        .isEqualTo(new OwnerResult.Lost(Optional.of(bobs)));
    assertThat(await(store.readLease(KEY)).orElseThrow().heir()).isNull();
  }

  @Test
  void a_hand_off_gives_the_lease_to_the_successor_with_a_new_token() {
    HeldLease alices = claim(create(FIRST), ALICE).heldBy(ALICE);
    done(store.announce(alices, BOB));

    Lease bobs = done(store.handOff(alices, Optional.of(BOB)));

    assertThat(bobs.owner()).isEqualTo(BOB.value());
    assertThat(bobs.counter()).isEqualTo(alices.token() + 1);
    assertThat(bobs.heir()).isNull();
    assertThat(bobs.checkpoint()).isEqualTo(FIRST);
    assertThat(bobs.ownerSwitchesSinceCheckpoint()).isEqualTo(1);
    assertThat(await(store.readLease(KEY))).contains(bobs);
  }

  @Test
  void whoever_received_a_lease_adopts_it_and_the_giver_cannot_write_any_more() {
    HeldLease alices = claim(create(FIRST), ALICE).heldBy(ALICE);
    done(store.handOff(alices, Optional.of(BOB)));
    HeldLease adopted = await(store.readLease(KEY)).orElseThrow().heldBy(BOB);

    assertThat(await(store.checkpoint(alices, FIRST, SECOND))).isInstanceOf(OwnerResult.Lost.class);
    assertThat(done(store.checkpoint(adopted, FIRST, THIRD)).checkpoint()).isEqualTo(THIRD);
  }

  @Test
  void a_release_leaves_the_lease_to_nobody_and_still_raises_the_token() {
    HeldLease alices = claim(create(FIRST), ALICE).heldBy(ALICE);

    Lease released = done(store.handOff(alices, Optional.empty()));

    assertThat(released.owner()).isNull();
    assertThat(released.counter()).isEqualTo(alices.token() + 1);
    assertThat(released.ownerSwitchesSinceCheckpoint()).isZero();
    assertThat(claim(released, BOB).counter()).isEqualTo(alices.token() + 2);
  }

  @Test
  void a_repeated_hand_off_is_done() {
    HeldLease alices = claim(create(FIRST), ALICE).heldBy(ALICE);
    Lease bobs = done(store.handOff(alices, Optional.of(BOB)));

    assertThat(await(store.handOff(alices, Optional.of(BOB))))
        .isEqualTo(new OwnerResult.Done(bobs));
  }

  @Test
  void a_repeated_release_is_done() {
    HeldLease alices = claim(create(FIRST), ALICE).heldBy(ALICE);
    Lease released = done(store.handOff(alices, Optional.empty()));

    assertThat(await(store.handOff(alices, Optional.empty())))
        .isEqualTo(new OwnerResult.Done(released));
  }

  @Test
  void a_late_hand_off_after_the_lease_went_on_changes_nothing() {
    HeldLease alices = claim(create(FIRST), ALICE).heldBy(ALICE);
    Lease bobs = done(store.handOff(alices, Optional.of(BOB)));
    Lease carols = done(store.handOff(bobs.heldBy(BOB), Optional.of(CAROL)));

    assertThat(await(store.handOff(alices, Optional.of(BOB))))
        .isEqualTo(new OwnerResult.Lost(Optional.of(carols)));
    assertThat(await(store.readLease(KEY))).contains(carols);
  }

  @Test
  void a_late_hand_off_is_lost_even_when_the_lease_has_come_to_the_successor_otherwise() {
    HeldLease alices = claim(create(FIRST), ALICE).heldBy(ALICE);
    Lease carols = claim(await(store.readLease(KEY)).orElseThrow(), CAROL);
    Lease bobs = claim(carols, BOB);

    assertThat(await(store.handOff(alices, Optional.of(BOB))))
        .isEqualTo(new OwnerResult.Lost(Optional.of(bobs)));

    Lease released = done(store.handOff(bobs.heldBy(BOB), Optional.empty()));
    assertThat(await(store.handOff(alices, Optional.empty())))
        .isEqualTo(new OwnerResult.Lost(Optional.of(released)));
  }

  @Test
  void a_hand_off_of_a_lease_that_somebody_claimed_is_lost() {
    HeldLease alices = claim(create(FIRST), ALICE).heldBy(ALICE);
    Lease carols = claim(await(store.readLease(KEY)).orElseThrow(), CAROL);

    assertThat(await(store.handOff(alices, Optional.of(BOB))))
        .isEqualTo(new OwnerResult.Lost(Optional.of(carols)));
    assertThat(await(store.handOff(alices, Optional.empty())))
        .isEqualTo(new OwnerResult.Lost(Optional.of(carols)));
  }

  @Test
  void a_hand_off_without_a_row_is_lost_and_creates_none() {
    HeldLease held = new HeldLease(KEY, ALICE, 1);

    assertThat(await(store.handOff(held, Optional.of(BOB))))
        .isEqualTo(new OwnerResult.Lost(Optional.empty()));
    assertThat(await(store.handOff(held, Optional.empty())))
        .isEqualTo(new OwnerResult.Lost(Optional.empty()));
    assertThat(await(store.announce(held, BOB))).isEqualTo(new OwnerResult.Lost(Optional.empty()));
    assertThat(await(store.readLease(KEY))).isEmpty();
  }

  // ---- many at once

  @Test
  void of_many_that_claim_one_lease_each_token_has_exactly_one_winner() throws Exception {
    int workers = 8;
    int rounds = 15;
    create(FIRST);
    ConcurrentMap<Long, SessionId> winners = new ConcurrentHashMap<>();
    CyclicBarrier together = new CyclicBarrier(workers);

    inParallel(
        workers,
        worker -> {
          SessionId me = SessionId.create("w" + worker, 0, worker, worker);
          for (int round = 0; round < rounds; round++) {
            Lease seen = await(store.readLease(KEY)).orElseThrow();
            together.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (await(store.claim(seen, me, OptionalLong.empty()))
                instanceof OwnerResult.Done won) {
              assertThat(won.lease().counter()).isEqualTo(seen.counter() + 1);
              assertThat(winners.putIfAbsent(won.lease().counter(), me)).isNull();
            }
            together.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
          }
          return null;
        });

    Lease last = await(store.readLease(KEY)).orElseThrow();
    assertThat(last.counter()).isEqualTo(rounds);
    assertThat(winners).hasSize(rounds);
    assertThat(last.owner()).isEqualTo(winners.get(last.counter()).value());
  }

  @Test
  void of_many_that_join_one_page_as_many_get_in_as_fit() throws Exception {
    int workers = SessionPage.MAX_SESSIONS + 3;
    await(store.createPage(0));
    List<SessionId> joined = Collections.synchronizedList(new ArrayList<>());

    inParallel(
        workers,
        worker -> {
          SessionPage page = await(store.readPage(0)).orElseThrow();
          while (page.hasRoom()) {
            SessionId me = SessionId.create("w" + worker, 0, page.joins(), worker);
            JoinResult result = join(session(me, 1));
            if (result instanceof JoinResult.Joined) {
              joined.add(me);
              break;
            }
            page = result.page();
          }
          return null;
        });

    assertThat(joined).hasSize(SessionPage.MAX_SESSIONS);
    assertThat(joined.stream().map(SessionId::joins)).doesNotHaveDuplicates();
    assertThat(firstPage().sessions().keySet()).containsExactlyInAnyOrderElementsOf(joined);
    assertThat(firstPage().joins()).isEqualTo(SessionPage.MAX_SESSIONS);
  }

  @Test
  void no_heartbeat_and_no_bump_is_lost_among_many() throws Exception {
    await(store.createPage(0));
    List<SessionId> ids = fillPage();
    long before = firstPage().version();
    int rounds = 10;

    inParallel(
        ids.size(),
        worker -> {
          for (int round = 2; round < 2 + rounds; round++) {
            assertThat(beat(session(ids.get(worker), round))).isInstanceOf(BeatResult.Alive.class);
            await(store.bump());
          }
          return null;
        });

    assertThat(firstPage().generation()).isEqualTo((long) rounds * ids.size());
    assertThat(firstPage().version()).isEqualTo(before + 2L * rounds * ids.size());
    assertThat(firstPage().sessions().values())
        .allSatisfy(session -> assertThat(session.beat()).isEqualTo(rounds + 1));
  }

  // ---- helpers

  private interface WorkerBody {
    Void run(int worker) throws Exception;
  }

  private static void inParallel(int workers, WorkerBody body) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(workers);
    try {
      List<Callable<Void>> calls = new ArrayList<>();
      for (int worker = 0; worker < workers; worker++) {
        int number = worker;
        calls.add(() -> body.run(number));
      }
      for (Future<Void> call : pool.invokeAll(calls)) {
        call.get();
      }
    } finally {
      pool.shutdownNow();
    }
  }

  /** Also that the stage itself fails with the exception, and not with a wrapper around it. */
  protected void assertFailsWith(Kind kind, CompletionStage<?> stage) {
    CompletableFuture<Throwable> seen = new CompletableFuture<>();
    stage.whenComplete((value, error) -> seen.complete(error));
    assertThat(await(seen))
        .isInstanceOfSatisfying(
            LeaseStoreException.class, e -> assertThat(e.kind()).isEqualTo(kind));
  }

  private List<SessionId> fillPage() {
    List<SessionId> ids = new ArrayList<>();
    for (int i = 0; i < SessionPage.MAX_SESSIONS; i++) {
      SessionId id = SessionId.create("w" + i, 0, i, i);
      assertThat(join(session(id, 1))).isInstanceOf(JoinResult.Joined.class);
      ids.add(id);
    }
    return ids;
  }

  private SessionPage firstPage() {
    return await(store.readPage(0)).orElseThrow();
  }

  private JoinResult join(Session session) {
    return await(store.join(session));
  }

  private BeatResult beat(Session session) {
    return await(store.beat(session));
  }

  private Lease create(Checkpoint checkpoint) {
    return await(store.create(unowned(KEY.value(), checkpoint)));
  }

  private Lease claim(Lease seen, SessionId claimant) {
    return done(store.claim(seen, claimant, OptionalLong.empty()));
  }

  private Lease end(Lease lease, SessionId owner) {
    return done(store.endShard(lease.heldBy(owner), lease.checkpoint(), keys(), 5));
  }

  private Lease done(CompletionStage<OwnerResult> stage) {
    OwnerResult result = await(stage);
    assertThat(result).isInstanceOf(OwnerResult.Done.class);
    return ((OwnerResult.Done) result).lease();
  }

  protected static Session session(SessionId id, long beat) {
    return new Session(id, beat, 6_000, Session.DEFAULT_WEIGHT, Integer.MAX_VALUE, null, false);
  }

  protected static Lease unowned(String key) {
    return unowned(key, Checkpoint.TRIM_HORIZON);
  }

  protected static Lease unowned(String key, Checkpoint checkpoint) {
    return Lease.unowned(
        LeaseKey.of(key), checkpoint, OptionalLong.empty(), keys(), HashKeyRange.ALL);
  }

  protected static Checkpoint at(String digits) {
    return at(digits, 0);
  }

  protected static Checkpoint at(String digits, long subSequence) {
    return Checkpoint.at(SequenceNumber.of(digits), subSequence);
  }

  protected static SortedSet<LeaseKey> keys(String... keys) {
    return Arrays.stream(keys).map(LeaseKey::of).collect(Collectors.toCollection(TreeSet::new));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
