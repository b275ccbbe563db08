package io.millrace.samples.referrers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On made-up ledgers. */
class LedgersTest {

  @TempDir Path folder;

  @Test
  void nothing_is_lost_and_nothing_seen_twice_when_each_record_is_processed_once()
      throws IOException {
    put(0, 1, 2);
    processed("worker-1", "s0", 100, 0, 2);
    processed("worker-2", "s1", 100, 1);

    assertThat(read().totals()).isEqualTo(new Ledgers.Totals(3, 3, 3, 0, 0));
    assertThat(read().totals().complete()).isTrue();
  }

  @Test
  void a_record_that_nobody_processed_is_lost() throws IOException {
    put(0, 1, 2);
    processed("worker-1", "s0", 100, 0, 2);

    assertThat(read().totals()).isEqualTo(new Ledgers.Totals(3, 2, 2, 0, 1));
    assertThat(read().totals().complete()).isFalse();
  }

  @Test
  void a_duplicate_does_not_make_up_for_a_lost_record() throws IOException {
    put(0, 1, 2);
    processed("worker-1", "s0", 100, 0, 2);
    processed("worker-2", "s0", 200, 2);

    assertThat(read().totals()).isEqualTo(new Ledgers.Totals(3, 3, 2, 1, 1));
  }

  @Test
  void a_record_processed_by_two_workers_is_a_duplicate() throws IOException {
    put(0, 1);
    processed("worker-1", "s0", 100, 0, 1);
    processed("worker-2", "s0", 200, 1);

    assertThat(read().totals()).isEqualTo(new Ledgers.Totals(2, 3, 2, 1, 0));
  }

  @Test
  void a_record_of_another_writer_with_the_same_number_is_another_record() throws IOException {
    put(0);
    append("writer-w2", new LedgerLine.Put(1, "w2", 0, "s0", "77"));
    processed("worker-1", "s0", 100, 0);

    assertThat(read().totals().lost()).isEqualTo(1);
  }

  @Test
  void a_processed_record_that_was_never_acknowledged_is_not_complete() throws IOException {
    put(0);
    processed("worker-1", "s0", 100, 0, 1);

    assertThat(read().totals()).isEqualTo(new Ledgers.Totals(1, 2, 2, 0, 0));
    assertThat(read().totals().complete()).isFalse();
  }

  @Test
  void the_line_that_a_kill_cut_off_does_not_count() throws IOException {
    put(0, 1);
    processed("worker-1", "s0", 100, 0);
    raw("worker-1", new LedgerLine.Processed(100, "s0", "55", "w1", 1).text().strip());

    assertThat(read().totals().lost()).isEqualTo(1);
  }

  @Test
  void reading_on_completes_a_line_that_was_half_written() throws IOException {
    put(0);
    String line = new LedgerLine.Processed(100, "s0", "55", "w1", 0).text();
    raw("worker-1", line.substring(0, 9));
    Ledgers ledgers = read();
    assertThat(ledgers.totals().processed()).isZero();

    raw("worker-1", line.substring(9));
    ledgers.refresh();
    ledgers.refresh();
    assertThat(ledgers.totals()).isEqualTo(new Ledgers.Totals(1, 1, 1, 0, 0));
  }

  @Test
  void a_line_that_is_not_understood_is_an_error_that_names_it() throws IOException {
    put(0);
    raw("worker-1", "run 1 worker-1\nrecord 5 s0\n");

    assertThatThrownBy(this::read)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("worker-1.ledger, line 2")
        .hasMessageContaining("'record 5 s0'");
  }

  @Test
  void time_to_the_first_record_counts_from_the_first_run() throws IOException {
    append("worker-1", new LedgerLine.Run(1_000, "worker-1"));
    append("worker-2", new LedgerLine.Run(1_200, "worker-2"));
    processed("worker-2", "s0", 1_900, 0);
    processed("worker-1", "s1", 2_500, 1);

    assertThat(read().timeToFirstRecordMillis()).hasValue(900);
  }

  @Test
  void failover_lasts_until_the_last_shard_of_the_killed_worker_is_processed_elsewhere()
      throws IOException {
    processed("worker-1", "s0", 9_900, 0);
    processed("worker-1", "s1", 9_950, 1);
    processed("worker-2", "s2", 9_900, 2);
    processed("worker-2", "s0", 15_000, 3);
    processed("worker-2", "s1", 16_500, 4);

    assertThat(read().failoverMillis("worker-1", 10_000)).hasValue(6_500);
  }

  @Test
  void failover_is_unknown_while_a_shard_is_not_processed_again() throws IOException {
    processed("worker-1", "s0", 9_900, 0);
    processed("worker-1", "s1", 9_950, 1);
    processed("worker-2", "s0", 15_000, 3);

    assertThat(read().failoverMillis("worker-1", 10_000)).isEmpty();
  }

  @Test
  void a_shard_that_the_killed_worker_had_given_away_does_not_count() throws IOException {
    processed("worker-1", "s0", 5_000, 0);
    append("worker-1", new LedgerLine.End(5_010, "s0", "handed-over"));
    processed("worker-2", "s0", 5_100, 1);
    processed("worker-1", "s1", 9_950, 2);
    processed("worker-2", "s1", 16_000, 3);

    assertThat(read().failoverMillis("worker-1", 10_000)).hasValue(6_000);
  }

  @Test
  void a_shard_that_had_been_on_another_worker_before_counts_from_its_return() throws IOException {
    processed("worker-2", "s0", 1_000, 0);
    append("worker-2", new LedgerLine.End(1_010, "s0", "handed-over"));
    processed("worker-1", "s0", 9_950, 1);
    append("worker-2", new LedgerLine.Start(15_990, "s0"));
    processed("worker-2", "s0", 16_000, 2);

    assertThat(read().failoverMillis("worker-1", 10_000)).hasValue(6_000);
  }

  @Test
  void handover_is_the_longest_pause_of_a_shard_between_two_workers() throws IOException {
    processed("worker-1", "s0", 12_000, 0);
    append("worker-1", new LedgerLine.End(12_010, "s0", "handed-over"));
    processed("worker-2", "s0", 12_300, 1);
    processed("worker-1", "s1", 12_500, 2);
    append("worker-1", new LedgerLine.End(12_510, "s1", "handed-over"));
    processed("worker-2", "s1", 13_100, 3);

    assertThat(read().handoverMillis("worker-1", 10_000)).hasValue(600);
  }

  @Test
  void resharding_lasts_until_the_last_child_has_a_record() throws IOException {
    processed("worker-1", "s0", 9_000, 0);
    processed("worker-1", "s0", 10_000, 1);
    append("worker-1", new LedgerLine.End(10_050, "s0", "finished"));
    processed("worker-1", "s1", 10_300, 2);
    assertThat(read().reshardGapMillis(Set.of("s0"), List.of("s1", "s2"))).isEmpty();

    processed("worker-2", "s2", 10_700, 3);
    assertThat(read().reshardGapMillis(Set.of("s0"), List.of("s1", "s2"))).hasValue(700);
  }

  @Test
  void a_merge_counts_from_the_parent_that_ended_last() throws IOException {
    processed("worker-1", "s0", 10_000, 0);
    processed("worker-2", "s1", 10_400, 1);
    processed("worker-1", "s2", 10_700, 2);

    assertThat(read().reshardGapMillis(Set.of("s0", "s1"), Set.of("s2"))).hasValue(300);
  }

  @Test
  void the_longest_pause_of_a_shard_may_lie_between_two_workers() throws IOException {
    processed("worker-1", "s0", 1_000, 0);
    processed("worker-1", "s0", 1_200, 1);
    processed("worker-2", "s0", 7_000, 2);
    processed("worker-2", "s1", 7_000, 3);
    processed("worker-2", "s1", 7_500, 4);

    assertThat(read().longestPauseMillisByShard())
        .containsEntry("s0", 5_800L)
        .containsEntry("s1", 500L);
  }

  @Test
  void record_that_nothing_later_has_overtaken_is_on_its_way_and_not_lost() throws IOException {
    put(0, 1, 2);
    processed("worker-1", "s0", 100, 0);
    Ledgers ledgers = read();
    ledgers.refresh();

    assertThat(ledgers.waitingByShard()).containsEntry("s0", 2L);
    assertThat(ledgers.lostSoFar()).isZero();
  }

  @Test
  void overtaken_record_is_lost_when_it_is_still_missing_at_the_second_look() throws IOException {
    put(0, 1, 2, 3);
    processed("worker-1", "s0", 100, 0, 2);
    Ledgers ledgers = read();
    assertThat(ledgers.lostSoFar()).as("at the first look").isZero();
    assertThat(ledgers.waitingByShard()).containsEntry("s0", 2L);

    ledgers.refresh();
    assertThat(ledgers.lostSoFar()).isEqualTo(1);
    assertThat(ledgers.lostOf("s0")).isEqualTo(1);
    assertThat(ledgers.waitingByShard()).containsEntry("s0", 1L);

    processed("worker-2", "s0", 200, 1);
    ledgers.refresh();
    assertThat(ledgers.lostSoFar()).as("it turned up").isZero();
  }

  @Test
  void record_processed_before_its_acknowledgement_is_read_is_not_waiting() throws IOException {
    processed("worker-1", "s0", 100, 0);
    Ledgers ledgers = read();
    put(0);
    ledgers.refresh();

    assertThat(ledgers.waitingByShard()).containsEntry("s0", 0L);
  }

  private Ledgers read() {
    Ledgers ledgers = new Ledgers(folder);
    ledgers.refresh();
    return ledgers;
  }

  private void put(long... numbers) throws IOException {
    for (long number : numbers) {
      append("writer-w1", new LedgerLine.Put(1, "w1", number, "s0", "4" + number));
    }
  }

  private void processed(String worker, String shard, long atMillis, long... numbers)
      throws IOException {
    for (long number : numbers) {
      append(worker, new LedgerLine.Processed(atMillis, shard, "4" + number, "w1", number));
    }
  }

  private void append(String name, LedgerLine line) throws IOException {
    try (LedgerFile file = new LedgerFile(folder.resolve(name + ".ledger"))) {
      file.append(line.text());
    }
  }

  private void raw(String name, String text) throws IOException {
    Files.writeString(
        folder.resolve(name + ".ledger"),
        text,
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }
}
