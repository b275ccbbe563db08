package io.millrace.kcl.lineage;

import static io.millrace.kcl.lineage.TestStream.key;
import static io.millrace.kcl.lineage.TestStream.keys;
import static io.millrace.kcl.lineage.TestStream.range;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.kcl.stream.Shard;
import io.millrace.lease.Application;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LineageTest {

  private static final long ENDED = 5_000_000;
  private static final long HOUR_LATER = ENDED + Lineage.KEEP_FINISHED_MILLIS;

  private static final Application TRIM_HORIZON =
      new Application("arn", 0, "TRIM_HORIZON", null, true);
  private static final Application LATEST = new Application("arn", 0, "LATEST", 1_500L, true);

  private final SortedMap<LeaseKey, Lease> rows = new TreeMap<>();

  private Lease row(int number, HashKeyRange range, int... parents) {
    Lease lease =
        Lease.unowned(
            key(number), Checkpoint.TRIM_HORIZON, OptionalLong.empty(), keys(parents), range);
    rows.put(lease.key(), lease);
    return lease;
  }

  private Lease finished(int number, HashKeyRange range, int... parents) {
    return with(row(number, range, parents), 1, Checkpoint.SHARD_END, keys(), ENDED);
  }

  private Lease with(
      Lease lease,
      long counter,
      Checkpoint checkpoint,
      SortedSet<LeaseKey> children,
      Long endedAtMillis) {
    Lease changed =
        new Lease(
            lease.key(),
            null,
            counter,
            checkpoint,
            null,
            lease.startAtMillis(),
            lease.parents(),
            children,
            lease.hashKeyRange(),
            endedAtMillis,
            null,
            0);
    rows.put(changed.key(), changed);
    return changed;
  }

  private static List<LeaseKey> keysOf(Collection<Lease> leases) {
    return leases.stream().map(Lease::key).toList();
  }

  private Succession succession(Lease finished, List<LeaseKey> named, List<Shard> listing) {
    return Lineage.succession(finished, named, listing, rows.values(), TRIM_HORIZON);
  }

  private static List<LeaseKey> created(Succession succession) {
    return keysOf(((Succession.Found) succession).rows());
  }

  // ---- first start

  @Test
  void the_first_start_has_a_row_for_every_listed_shard() {
    TestStream stream = new TestStream(2);
    FirstLeases first = Lineage.firstLeases(stream.listing(), TRIM_HORIZON);
    assertThat(first)
        .isEqualTo(
            new FirstLeases.Complete(
                List.of(
                    Lease.unowned(
                        key(0),
                        Checkpoint.TRIM_HORIZON,
                        OptionalLong.empty(),
                        keys(),
                        range(0, 32)),
                    Lease.unowned(
                        key(1),
                        Checkpoint.TRIM_HORIZON,
                        OptionalLong.empty(),
                        keys(),
                        range(32, 64)))));
  }

  @Test
  void rows_of_an_application_that_starts_at_the_latest_record_say_the_time_it_was_resolved_to() {
    TestStream stream = new TestStream(1);
    stream.split(0);
    FirstLeases.Complete first =
        (FirstLeases.Complete) Lineage.firstLeases(stream.listing(), LATEST);
    assertThat(first.rows())
        .hasSize(3)
        .allSatisfy(row -> assertThat(row.checkpoint()).isEqualTo(Checkpoint.AT_TIMESTAMP))
        .allSatisfy(row -> assertThat(row.startAtMillis()).isEqualTo(1_500L));
  }

  @Test
  void rows_of_the_first_start_keep_parents_that_are_not_listed() {
    TestStream stream = new TestStream(1);
    stream.split(0);
    FirstLeases.Complete first =
        (FirstLeases.Complete) Lineage.firstLeases(stream.listingAt(2_000), TRIM_HORIZON);
    assertThat(keysOf(first.rows())).containsExactly(key(1), key(2));
    assertThat(first.rows().get(0).parents()).isEqualTo(keys(0));
  }

  @Test
  void rows_come_after_those_of_their_parents_whatever_the_ids() {
    Shard child = new Shard(key(1), keys(7), HashKeyRange.ALL, true);
    Shard parent = new Shard(key(7), keys(), HashKeyRange.ALL, false);
    FirstLeases.Complete first =
        (FirstLeases.Complete) Lineage.firstLeases(List.of(child, parent), TRIM_HORIZON);
    assertThat(keysOf(first.rows())).containsExactly(key(7), key(1));
  }

  @Test
  void a_first_listing_that_leaves_hash_keys_out_is_refused() {
    List<Shard> listing = new ArrayList<>(new TestStream(4).listing());
    listing.remove(1);
    assertThat(Lineage.firstLeases(listing, TRIM_HORIZON))
        .isEqualTo(new FirstLeases.Hole(List.of(range(16, 32))));
    assertThat(Lineage.firstLeases(List.of(), TRIM_HORIZON))
        .isEqualTo(new FirstLeases.Hole(List.of(HashKeyRange.ALL)));
  }

  @Test
  void an_application_without_its_start_time_or_with_an_unknown_position_is_refused() {
    List<Shard> listing = new TestStream(1).listing();
    assertThatThrownBy(
            () -> Lineage.firstLeases(listing, new Application("arn", 0, "LATEST", null, false)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("says no startAtMillis");
    assertThatThrownBy(
            () -> Lineage.firstLeases(listing, new Application("arn", 0, "EARLIEST", null, false)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'EARLIEST'");
  }

  @Test
  void a_listing_in_which_a_shard_descends_from_itself_is_refused() {
    List<Shard> listing =
        List.of(
            new Shard(key(0), keys(1), HashKeyRange.ALL, false),
            new Shard(key(1), keys(0), HashKeyRange.ALL, true));
    assertThatThrownBy(() -> Lineage.firstLeases(listing, TRIM_HORIZON))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("descend from themselves");
  }

  // ---- shard end

  @Test
  void both_children_of_a_split_get_rows() {
    TestStream stream = new TestStream(1);
    stream.split(0);
    Succession succession =
        succession(row(0, HashKeyRange.ALL), List.of(key(1), key(2)), stream.listing());
    assertThat(succession).isInstanceOf(Succession.Children.class);
    assertThat(created(succession)).containsExactly(key(1), key(2));
    assertThat(((Succession.Children) succession).children()).isEqualTo(keys(1, 2));
    assertThat(((Succession.Children) succession).rows().get(1))
        .isEqualTo(
            Lease.unowned(
                key(2), Checkpoint.TRIM_HORIZON, OptionalLong.empty(), keys(0), range(32, 64)));
  }

  @Test
  void children_are_found_in_the_listing_when_get_records_names_none() {
    TestStream stream = new TestStream(1);
    stream.split(0);
    assertThat(created(succession(row(0, HashKeyRange.ALL), List.of(), stream.listing())))
        .containsExactly(key(1), key(2));
  }

  @Test
  void a_child_of_an_application_that_started_at_the_latest_record_starts_at_that_time_too() {
    TestStream stream = new TestStream(1);
    stream.split(0);
    Succession.Children children =
        (Succession.Children)
            Lineage.succession(
                row(0, HashKeyRange.ALL), List.of(), stream.listing(), rows.values(), LATEST);
    assertThat(children.rows())
        .hasSize(2)
        .allSatisfy(row -> assertThat(row.checkpoint()).isEqualTo(Checkpoint.AT_TIMESTAMP))
        .allSatisfy(row -> assertThat(row.startAtMillis()).isEqualTo(1_500L));
  }

  @Test
  void only_the_children_of_a_shard_that_was_split_again_before_it_was_read_get_rows() {
    TestStream stream = new TestStream(1);
    stream.split(0);
    stream.split(1);
    assertThat(created(succession(row(0, HashKeyRange.ALL), List.of(), stream.listing())))
        .containsExactly(key(1), key(2));
  }

  @Test
  void a_merged_child_that_has_a_row_needs_no_other() {
    TestStream stream = new TestStream(2);
    stream.merge(0, 1);
    Lease finished = row(0, range(0, 32));
    row(1, range(32, 64));
    row(2, HashKeyRange.ALL, 0, 1);
    Succession.Children children =
        (Succession.Children) succession(finished, List.of(), stream.listing());
    assertThat(children.rows()).isEmpty();
    assertThat(children.children()).isEqualTo(keys(2));
  }

  @Test
  void the_other_parent_of_a_merged_child_gets_its_row_before_the_child() {
    TestStream stream = new TestStream(2);
    stream.split(1); // 2 and 3
    stream.merge(0, 2); // 4
    Lease finished = row(0, range(0, 32));
    row(1, range(32, 64)); // not read yet, so 2 has no row
    assertThat(created(succession(finished, List.of(key(4)), stream.listing())))
        .containsExactly(key(2), key(4));
  }

  @Test
  void ancestors_of_the_other_parent_get_their_rows_first_up_to_one_that_has_a_row() {
    TestStream stream = new TestStream(2);
    stream.split(1); // 2 [32,48), 3
    stream.split(2); // 4 [32,40), 5
    stream.merge(0, 4); // 6
    Lease finished = row(0, range(0, 32));
    row(1, range(32, 64));
    assertThat(created(succession(finished, List.of(), stream.listing())))
        .containsExactly(key(2), key(4), key(6));
  }

  @Test
  void parents_that_are_missing_from_the_listing_have_expired_and_get_no_row() {
    TestStream stream = new TestStream(2);
    stream.merge(0, 1);
    List<Shard> listing = new ArrayList<>(stream.listing());
    listing.removeIf(shard -> !shard.id().equals(key(2)));
    assertThat(created(succession(row(0, range(0, 32)), List.of(key(2)), listing)))
        .containsExactly(key(2));
  }

  @Test
  void a_listing_that_shows_one_parent_of_a_merge_and_not_the_other_is_incomplete() {
    TestStream stream = new TestStream(2);
    stream.merge(0, 1);
    List<Shard> listing = new ArrayList<>(stream.listing());
    listing.removeIf(shard -> shard.id().equals(key(1)));
    Succession.Incomplete incomplete =
        (Succession.Incomplete) succession(row(0, range(0, 32)), List.of(), listing);
    assertThat(incomplete.leftOut()).isEqualTo(keys(1));
    assertThat(created(incomplete.otherwise())).containsExactly(key(2));
  }

  @Test
  void a_listing_that_leaves_out_a_shard_younger_than_another_it_shows_is_incomplete() {
    TestStream stream = new TestStream(2);
    stream.split(1); // 2 [32,48), 3
    stream.split(2); // 4 [32,40), 5
    stream.merge(0, 4); // 6
    List<Shard> listing = new ArrayList<>(stream.listing());
    listing.removeIf(shard -> shard.id().equals(key(2)));
    Lease finished = row(0, range(0, 32));
    row(1, range(32, 64));
    assertThat(((Succession.Incomplete) succession(finished, List.of(), listing)).leftOut())
        .isEqualTo(keys(2));
    assertThat(created(succession(finished, List.of(), stream.listing())))
        .containsExactly(key(2), key(4), key(6));
  }

  @Test
  void a_parent_that_the_listing_leaves_out_and_that_has_a_row_is_not_missed() {
    TestStream stream = new TestStream(2);
    stream.merge(0, 1);
    List<Shard> listing = new ArrayList<>(stream.listing());
    listing.removeIf(shard -> shard.id().equals(key(1)));
    row(1, range(32, 64));
    assertThat(created(succession(row(0, range(0, 32)), List.of(), listing)))
        .containsExactly(key(2));
  }

  @Test
  void a_listing_without_a_child_that_get_records_named_is_too_old() {
    TestStream stream = new TestStream(1);
    List<Shard> before = stream.listing();
    stream.split(0);
    assertThat(succession(row(0, HashKeyRange.ALL), List.of(key(1), key(2)), before))
        .isEqualTo(new Succession.ListingTooOld(keys(1, 2), List.of()));
  }

  @Test
  void a_listing_in_which_the_shard_has_no_child_is_too_old() {
    TestStream stream = new TestStream(2);
    assertThat(succession(row(0, range(0, 32)), List.of(), stream.listing()))
        .isEqualTo(new Succession.ListingTooOld(keys(), List.of(range(0, 32))));
  }

  @Test
  void a_listing_with_one_of_two_children_is_too_old() {
    TestStream stream = new TestStream(1);
    stream.split(0);
    List<Shard> listing = stream.listing().subList(0, 2);
    assertThat(succession(row(0, HashKeyRange.ALL), List.of(), listing))
        .isEqualTo(new Succession.ListingTooOld(keys(), List.of(range(32, 64))));
  }

  @Test
  void an_expired_shard_whose_children_are_listed_has_children() {
    TestStream stream = new TestStream(1);
    stream.split(0);
    Succession succession = succession(row(0, HashKeyRange.ALL), List.of(), stream.listing(2_000));
    assertThat(succession).isInstanceOf(Succession.Children.class);
    assertThat(created(succession)).containsExactly(key(1), key(2));
  }

  @Test
  void an_expired_shard_without_listed_children_is_followed_by_the_oldest_in_its_place() {
    TestStream stream = new TestStream(2);
    stream.split(0); // 2, 3
    stream.split(2); // 4, 5
    stream.nowMillis = 2_000;
    stream.split(4); // 6, 7
    stream.merge(5, 3); // 8
    Lease finished = row(0, range(0, 32));
    row(1, range(32, 64));
    Succession succession = succession(finished, List.of(), stream.listing(1_500));
    assertThat(succession).isInstanceOf(Succession.Expired.class);
    assertThat(((Succession.Expired) succession).children()).isEqualTo(keys(3, 4, 5));
    assertThat(created(succession)).containsExactly(key(3), key(4), key(5));
  }

  @Test
  void what_is_left_of_an_expired_shards_children_is_completed_by_the_oldest_in_their_place() {
    TestStream stream = new TestStream(1);
    stream.split(0); // 1, 2
    stream.split(1); // 3, 4
    Lease finished = row(0, HashKeyRange.ALL);
    Succession succession = succession(finished, List.of(), stream.listing(2_000));
    assertThat(succession).isInstanceOf(Succession.Expired.class);
    assertThat(created(succession)).containsExactly(key(2), key(3), key(4));
  }

  @Test
  void the_oldest_in_place_of_an_expired_shard_may_have_a_listed_parent_elsewhere() {
    // 0 has expired, and so has its child 2; 3 was merged from that and from 1
    List<Shard> listing =
        List.of(
            new Shard(key(1), keys(), range(32, 64), false),
            new Shard(key(3), keys(1, 2), HashKeyRange.ALL, true));
    // that 2 has expired is not said by a listing that still has 1, which closed with it
    Succession.Incomplete incomplete =
        (Succession.Incomplete) succession(row(0, range(0, 32)), List.of(), listing);
    Succession.Found succession = incomplete.otherwise();
    assertThat(((Succession.Expired) succession).children()).isEqualTo(keys(3));
    assertThat(created(succession)).containsExactly(key(1), key(3));
  }

  @Test
  void an_expired_shard_in_whose_place_nothing_is_listed_needs_another_listing() {
    TestStream stream = new TestStream(2);
    List<Shard> listing = stream.listing().subList(1, 2);
    assertThat(succession(row(0, range(0, 32)), List.of(), listing))
        .isEqualTo(new Succession.ListingTooOld(keys(), List.of(range(0, 32))));
  }

  @Test
  void a_listing_from_before_the_shard_was_made_does_not_mean_that_the_shard_has_expired() {
    TestStream stream = new TestStream(1);
    List<Shard> old = stream.listing();
    stream.split(0); // 1, 2
    stream.split(1); // 3, 4
    finished(0, HashKeyRange.ALL);
    finished(1, range(0, 32), 0);
    assertThat(succession(row(3, range(0, 16), 1), List.of(), old))
        .isEqualTo(new Succession.ListingTooOld(keys(), List.of(range(0, 16))));
  }

  @Test
  void an_expired_shard_of_unknown_range_is_followed_by_all_that_nobody_has_begun_to_read() {
    TestStream stream = new TestStream(2);
    stream.split(0); // 2, 3
    stream.split(2); // 4, 5
    stream.nowMillis = 2_000;
    stream.split(1); // 6, 7
    Lease finished = row(0, null);
    finished(1, null);
    row(6, null, 1);
    row(7, null, 1);
    Succession succession = succession(finished, List.of(), stream.listing(1_500));
    assertThat(succession).isInstanceOf(Succession.Expired.class);
    assertThat(created(succession)).containsExactly(key(3), key(4), key(5));
  }

  @Test
  void a_shard_whose_lineage_was_read_further_on_gets_no_row_in_place_of_an_expired_one() {
    List<Shard> listing =
        List.of(
            new Shard(key(5), keys(), range(0, 32), false),
            new Shard(key(6), keys(5), range(0, 32), true),
            new Shard(key(7), keys(), range(32, 64), true));
    row(6, range(0, 32), 5);
    assertThat(created(succession(row(0, null), List.of(), listing))).containsExactly(key(7));
  }

  @Test
  void children_that_get_records_names_are_all_there_are() {
    // the ranges are not what they should be, and the child does not say its parent
    List<Shard> listing =
        List.of(
            new Shard(key(0), keys(), range(0, 32), false),
            new Shard(key(1), keys(), range(0, 16), true));
    Succession succession = succession(row(0, range(0, 32)), List.of(key(1)), listing);
    assertThat(succession).isInstanceOf(Succession.Children.class);
    assertThat(created(succession)).containsExactly(key(1));
  }

  // ---- start

  @Test
  void a_lease_without_parents_or_whose_parents_have_no_row_may_start() {
    assertThat(Lineage.mayStart(row(0, HashKeyRange.ALL), List.of())).isTrue();
    assertThat(Lineage.mayStart(row(3, HashKeyRange.ALL, 1, 2), List.of())).isTrue();
  }

  @Test
  void a_merged_child_waits_until_both_parents_are_finished() {
    Lease child = row(2, HashKeyRange.ALL, 0, 1);
    finished(0, range(0, 32));
    row(1, range(32, 64));
    assertThat(Lineage.mayStart(child, rows.values())).isFalse();
    assertThat(Lineage.unfinishedParents(child, rows.values())).isEqualTo(keys(1));
    finished(1, range(32, 64));
    assertThat(Lineage.mayStart(child, rows.values())).isTrue();
  }

  // ---- audit

  private List<LeaseKey> repairs(List<Shard> listing) {
    return keysOf(Lineage.repairs(rows.values(), listing, TRIM_HORIZON));
  }

  @Test
  void a_lineage_without_a_hole_is_not_repaired() {
    TestStream stream = new TestStream(2);
    stream.split(0); // 2, 3
    stream.split(2); // 4, 5
    // 2 was read and its row is gone, though it is listed: another library does that
    finished(0, range(0, 32));
    row(1, range(32, 64));
    row(3, range(16, 32), 0);
    row(4, range(0, 8), 2);
    row(5, range(8, 16), 2);
    assertThat(repairs(stream.listing())).isEmpty();
  }

  @Test
  void missing_children_of_a_finished_lease_are_repaired() {
    TestStream stream = new TestStream(2);
    stream.split(0); // 2, 3
    stream.split(2); // 4, 5
    finished(0, range(0, 32));
    row(1, range(32, 64));
    assertThat(repairs(stream.listing())).containsExactly(key(2), key(3));
    assertThat(Lineage.repairs(rows.values(), stream.listing(), LATEST).get(0).startAtMillis())
        .isEqualTo(1_500L);
  }

  @Test
  void a_missing_merged_child_is_repaired_together_with_its_other_parent() {
    TestStream stream = new TestStream(2);
    stream.split(1); // 2, 3
    stream.merge(0, 2); // 4
    finished(0, range(0, 32));
    row(1, range(32, 64));
    assertThat(repairs(stream.listing())).containsExactly(key(2), key(4));
  }

  @Test
  void the_oldest_shard_in_a_hole_is_chosen_and_never_simply_the_open_one() {
    TestStream stream = new TestStream(2);
    stream.split(0);
    row(1, range(32, 64));
    assertThat(repairs(stream.listing())).containsExactly(key(0));
  }

  @Test
  void a_lineage_that_was_read_further_on_is_not_begun_again() {
    TestStream stream = new TestStream(1);
    stream.split(0); // 1, 2
    stream.split(1); // 3, 4
    row(2, range(32, 64), 0);
    row(3, range(0, 16), 1);
    assertThat(repairs(stream.listing())).containsExactly(key(4));
  }

  @Test
  void rows_that_are_newer_than_the_listing_show_how_far_a_lineage_was_read() {
    TestStream stream = new TestStream(1);
    List<Shard> old = stream.listing();
    // shard 0 was split and one child's row is not in view
    row(2, range(32, 64), 0);
    assertThat(repairs(old)).isEmpty();
  }

  @Test
  void nothing_is_repaired_while_a_range_is_unknown() {
    TestStream stream = new TestStream(2);
    row(0, null);
    row(77, null);
    assertThat(repairs(stream.listing())).isEmpty();
    rows.remove(key(77));
    assertThat(repairs(stream.listing()))
        .as("0 has its range from the listing")
        .containsExactly(key(1));
  }

  @Test
  void nothing_is_repaired_from_an_incomplete_listing_or_before_the_first_start_is_done() {
    TestStream stream = new TestStream(4);
    row(0, range(0, 16));
    assertThat(repairs(stream.listing().subList(0, 3))).isEmpty();
    assertThat(
            Lineage.repairs(
                rows.values(),
                stream.listing(),
                new Application("arn", 0, "TRIM_HORIZON", null, false)))
        .isEmpty();
    assertThat(repairs(stream.listing())).hasSize(3);
  }

  // ---- deletion

  private List<LeaseKey> deletable(List<Shard> listing, long nowWallMillis) {
    return keysOf(Lineage.deletable(rows.values(), listing, nowWallMillis));
  }

  private TestStream expiredSplit() {
    TestStream stream = new TestStream(1);
    stream.split(0);
    finished(0, HashKeyRange.ALL);
    with(row(1, range(0, 32), 0), 1, Checkpoint.TRIM_HORIZON, keys(), null);
    with(row(2, range(32, 64), 0), 0, Checkpoint.at(SequenceNumber.of("5"), 0), keys(), null);
    return stream;
  }

  @Test
  void a_finished_lease_is_deletable_an_hour_after_its_end_once_its_shard_is_gone() {
    TestStream stream = expiredSplit();
    assertThat(deletable(stream.listing(2_000), HOUR_LATER)).containsExactly(key(0));
    assertThat(deletable(stream.listing(2_000), HOUR_LATER - 1)).isEmpty();
    assertThat(deletable(stream.listing(), HOUR_LATER)).as("still listed").isEmpty();
    assertThat(deletable(List.of(), HOUR_LATER)).as("no listing at all").isEmpty();
  }

  @Test
  void an_unfinished_lease_is_never_deletable() {
    TestStream stream = new TestStream(1);
    stream.split(0);
    with(row(0, HashKeyRange.ALL), 1, Checkpoint.TRIM_HORIZON, keys(), ENDED);
    assertThat(deletable(stream.listing(2_000), HOUR_LATER)).isEmpty();
  }

  @Test
  void a_finished_lease_of_unknown_end_is_kept() {
    TestStream stream = expiredSplit();
    with(rows.get(key(0)), 1, Checkpoint.SHARD_END, keys(), null);
    assertThat(deletable(stream.listing(2_000), HOUR_LATER)).isEmpty();
  }

  @Test
  void a_finished_lease_is_kept_until_every_child_has_been_claimed() {
    TestStream stream = expiredSplit();
    row(1, range(0, 32), 0);
    assertThat(deletable(stream.listing(2_000), HOUR_LATER)).isEmpty();
  }

  @Test
  void a_finished_lease_is_kept_while_a_listed_child_has_no_row() {
    TestStream stream = expiredSplit();
    rows.remove(key(2));
    assertThat(deletable(stream.listing(2_000), HOUR_LATER)).isEmpty();
  }

  @Test
  void a_child_that_is_gone_from_stream_and_table_keeps_no_parent() {
    TestStream stream = expiredSplit();
    with(rows.get(key(0)), 1, Checkpoint.SHARD_END, keys(1, 2, 99), ENDED);
    assertThat(deletable(stream.listing(2_000), HOUR_LATER)).containsExactly(key(0));
  }

  // ---- hash keys

  @Test
  void holes_are_what_no_range_covers() {
    assertThat(Lineage.holes(List.of())).containsExactly(HashKeyRange.ALL);
    assertThat(Lineage.holes(List.of(HashKeyRange.ALL))).isEmpty();
    assertThat(Lineage.holes(List.of(range(40, 50), range(0, 20), range(10, 30), range(12, 14))))
        .containsExactly(range(30, 40), range(50, 64));
    assertThat(Lineage.holes(List.of(range(30, 64), range(10, 29))))
        .containsExactly(range(0, 10), range(29, 30));
  }
}
