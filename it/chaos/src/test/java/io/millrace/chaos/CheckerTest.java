package io.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.chaos.Checker.Findings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The checker, on files written by hand: shard a was split into b and c. */
class CheckerTest {

  @TempDir Path folder;

  @BeforeEach
  void what_the_writer_and_the_stream_say() throws IOException {
    file(
        "writer",
        "put 1000 0 a 100 k1",
        "put 1000 1 a 101 k2",
        "put 1010 2 a 102 k1",
        "put 1020 3 b 200 k1",
        "put 1020 4 c 300 k2");
    file("run", "shard a - - false", "shard b a - true", "shard c a - true");
    file(
        "leases",
        "lease 1000 a 1 w1@0.1-x TRIM_HORIZON",
        "lease 2000 a 1 w1@0.1-x 101",
        "lease 3000 a 2 w2@0.2-y 101",
        "lease 4000 a 2 w2@0.2-y SHARD_END");
    file("w1", W1);
    file("w2", W2);
  }

  /** Processes two records, checkpoints one, and is gone. */
  private static final String[] W1 = {
    "run 1000 w1",
    "start 1000 1 a 1 TRIM_HORIZON",
    "record 1100 1 100 1000 0",
    "accepted 1110 1 100",
    "record 1200 1 101 1000 1",
  };

  /** Takes over from the checkpoint, and does the children. */
  private static final String[] W2 = {
    "start 3000 1 a 2 100",
    "record 3100 1 101 1000 1",
    "record 3100 1 102 1010 2",
    "accepted 3110 1 102",
    "end 3200 1 finished",
    "accepted 3210 1 SHARD_END",
    "start 3300 2 b 1 TRIM_HORIZON",
    "record 3400 2 200 1020 3",
    "start 3300 3 c 1 TRIM_HORIZON",
    "record 3500 3 300 1020 4",
  };

  @Test
  void a_replay_from_the_checkpoint_is_a_duplicate_and_no_violation() {
    Findings findings = check();

    assertThat(findings.violations()).isEmpty();
    assertThat(findings.totals().put()).isEqualTo(5);
    assertThat(findings.totals().processed()).isEqualTo(6);
    assertThat(findings.totals().duplicates()).isEqualTo(1);
    assertThat(findings.totals().lost()).isZero();
    assertThat(findings.totals().keys()).isEqualTo(2);
  }

  @Test
  void the_gap_is_the_time_in_which_something_waited_and_nothing_new_was_processed() {
    Findings findings = check();

    // record 2 arrived at 1010, its predecessor was processed at 1200, itself at 3100
    assertThat(findings.shards().get("a").longestGapMillis()).isEqualTo(1_900);
    assertThat(findings.shards().get("a").longestWaitMillis()).isEqualTo(2_090);
    assertThat(findings.shards().get("b").longestGapMillis()).isEqualTo(2_380);
  }

  @Test
  void an_incomplete_last_line_has_not_happened() throws IOException {
    Files.writeString(folder.resolve("w3.ledger"), "start 3000 1 a 3 10");

    assertThat(check().violations()).isEmpty();
  }

  @Test
  void a_lost_record_is_found() throws IOException {
    replace("w2", "record 3400 2 200 1020 3", "event 3400 fenced -");

    Findings findings = check();
    assertThat(findings.totals().lost()).isEqualTo(1);
    assertThat(findings.violationsByRule()).containsOnlyKeys("lost");
  }

  @Test
  void a_hole_within_a_token_is_found_though_another_processor_fills_it() throws IOException {
    replace("w2", "record 3100 1 101 1000 1", "event 3100 fenced -");

    assertThat(check().violationsByRule()).containsOnlyKeys("hole-in-token");
  }

  @Test
  void a_step_back_within_a_token_is_found() throws IOException {
    replace("w1", "accepted 1110 1 100", "record 1150 1 100 1000 0");

    assertThat(check().violationsByRule()).containsOnlyKeys("order-in-token");
  }

  @Test
  void a_checkpoint_that_passes_an_unprocessed_record_is_found() throws IOException {
    // w2 resumes behind record 101, which w1 only processes later
    replace("w1", "record 1200 1 101 1000 1", "record 9000 1 101 1000 1");
    replace("w2", "start 3000 1 a 2 100", "start 3000 1 a 2 101");
    replace("w2", "record 3100 1 101 1000 1", "event 3100 fenced -");

    assertThat(check().violationsByRule())
        .containsKeys("resume-past-unprocessed", "first-order", "child-before-parent");
  }

  @Test
  void a_resume_point_before_an_accepted_checkpoint_is_found() throws IOException {
    replace("w1", "record 1200 1 101 1000 1", "record 1200 1 101 1000 1\naccepted 1210 1 101");

    assertThat(check().violationsByRule()).containsOnlyKeys("resume-behind-checkpoint");
  }

  @Test
  void a_checkpoint_of_a_zombie_that_was_accepted_is_found() throws IOException {
    file("w1", append(W1, "accepted 5000 1 101"));

    assertThat(check().violationsByRule()).containsOnlyKeys("resume-behind-checkpoint");
  }

  @Test
  void accepted_checkpoints_that_go_back_are_found() throws IOException {
    replace("w2", "accepted 3110 1 102", "accepted 3110 1 102\naccepted 3120 1 101");

    assertThat(check().violationsByRule()).containsOnlyKeys("checkpoint-back");
  }

  @Test
  void a_child_before_its_parents_end_is_found() throws IOException {
    replace("w2", "start 3300 2 b 1 TRIM_HORIZON", "start 3150 2 b 1 TRIM_HORIZON");

    assertThat(check().violationsByRule()).containsOnlyKeys("child-before-parent");
  }

  @Test
  void a_childs_record_before_its_parents_last_is_found_for_shards_and_for_keys()
      throws IOException {
    replace("w2", "record 3400 2 200 1020 3", "record 3050 2 200 1020 3");

    assertThat(check().violationsByRule()).containsOnlyKeys("child-before-parent", "key-order");
  }

  @Test
  void an_end_of_shard_before_its_last_record_is_found() throws IOException {
    replace("w2", "record 3100 1 102 1010 2", "event 3100 fenced -");
    file("w1", append(W1, "record 1200 1 102 1010 2"));

    assertThat(check().violationsByRule()).containsOnlyKeys("end-too-early");
  }

  @Test
  void one_token_with_two_processors_is_found() throws IOException {
    file("w3", "start 3300 1 b 1 TRIM_HORIZON");

    assertThat(check().violationsByRule()).containsOnlyKeys("token-twice");
  }

  @Test
  void a_record_that_nobody_put_is_found() throws IOException {
    replace("w2", "record 3500 3 300 1020 4", "record 3500 3 300 1020 4\nrecord 3500 3 301 1020 4");

    assertThat(check().violationsByRule()).containsOnlyKeys("never-put");
  }

  @Test
  void a_lease_row_whose_checkpoint_or_token_goes_back_is_found() throws IOException {
    file(
        "leases",
        "lease 1000 a 2 w1@0.1-x 101",
        "lease 2000 a 2 w1@0.1-x 100",
        "lease 3000 a 1 w1@0.1-x 102");

    assertThat(check().violationsByRule()).containsOnlyKeys("checkpoint-back", "token-back");
  }

  @Test
  void a_token_with_two_owners_is_found() throws IOException {
    file("leases", "lease 1000 a 2 w1@0.1-x 101", "lease 2000 a 2 w2@0.2-y 101");

    assertThat(check().violationsByRule()).containsOnlyKeys("token-two-owners");
  }

  @Test
  void a_process_that_died_of_anything_but_us_is_found() throws IOException {
    file(
        "exits",
        "exit 5000 w1 kill 137",
        "exit 5000 w2 stop 143",
        "exit 5000 w3 - 1",
        "exit 5000 w4 stop 1");

    assertThat(check().violations())
        .extracting(Checker.Violation::rule)
        .containsExactly("process-died", "process-died");
  }

  @Test
  void a_reported_gap_is_a_violation() throws IOException {
    file("w3", "event 3000 gap b");

    assertThat(check().violationsByRule()).containsOnlyKeys("gap");
  }

  @Test
  void a_line_that_is_not_understood_is_an_error_and_not_skipped() throws IOException {
    file("w3", "recrod 3500 3 300 1020 4");

    assertThatThrownBy(this::check)
        .hasMessageContaining("w3.ledger, line 1")
        .hasMessageContaining("recrod");
  }

  private Findings check() {
    return Checker.check(new Evidence(folder).refresh());
  }

  private void file(String name, String... lines) throws IOException {
    Files.writeString(folder.resolve(name + ".ledger"), String.join("\n", lines) + "\n");
  }

  private void replace(String name, String line, String by) throws IOException {
    Path file = folder.resolve(name + ".ledger");
    String before = Files.readString(file);
    assertThat(before).contains(line + "\n");
    Files.writeString(file, before.replace(line + "\n", by + "\n"));
  }

  private static String[] append(String[] lines, String line) {
    String[] more = Arrays.copyOf(lines, lines.length + 1);
    more[lines.length] = line;
    return more;
  }
}
