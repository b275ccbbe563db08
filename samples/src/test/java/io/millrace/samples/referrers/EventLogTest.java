package io.millrace.samples.referrers;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionId;
import io.millrace.samples.referrers.page.PageState.LogEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On made-up ledgers, events and leases. */
class EventLogTest {

  private static final long T = Instant.parse("2026-11-01T14:03:07.200Z").toEpochMilli();
  private static final String S1 = "shardId-000000000001";
  private static final String S3 = "shardId-000000000003";

  @TempDir Path folder;

  private final LeaseWatch leases = new LeaseWatch();
  private final EventLog log = new EventLog();
  private Ledgers ledgers;
  private WorkerEvents events;

  @BeforeEach
  void open() {
    ledgers = new Ledgers(folder);
    events = new WorkerEvents(folder);
  }

  // ---- killed

  @Test
  void killed_worker_s_line_grows_until_its_shards_go_on_and_then_stays() throws IOException {
    put(S3, 0, 1, 2);
    processed("worker-2", S3, T - 100, 0, 1);
    log.add(new Happening.Killed(T, "worker-2"));
    assertThat(line(T + 1_000))
        .isEqualTo(open("kill", "worker-2 killed 14:03:07.2 · shard 3 not yet"));

    processed("worker-1", S3, T + 6_400, 1, 2);
    String text =
        "worker-2 killed 14:03:07.2 · shard 3 resumed on worker-1 after 6.4 s · 0 records lost, 1"
            + " seen twice";
    assertThat(line(T + 7_000)).isEqualTo(open("kill", text));
    assertThat(line(T + 11_000)).isEqualTo(done("kill", text));
    processed("worker-1", S3, T + 12_000, 0);
    assertThat(line(T + 13_000)).as("it stays").isEqualTo(done("kill", text));
  }

  @Test
  void shards_that_go_on_together_are_told_together_and_each_worker_s_apart() throws IOException {
    for (String shard : List.of("shardId-000000000000", S1, S3)) {
      processed("worker-2", shard, T - 100, Long.parseLong(ShardNames.brief(shard)));
    }
    log.add(new Happening.Killed(T, "worker-2"));
    processed("worker-1", "shardId-000000000000", T + 5_000, 10);
    processed("worker-1", S3, T + 6_000, 11);
    processed("worker-3", S1, T + 5_500, 12);

    assertThat(line(T + 6_500).text())
        .contains("shards 0 and 3 resumed on worker-1 after 6.0 s")
        .contains("shard 1 resumed on worker-3 after 5.5 s");
  }

  @Test
  void skipped_record_is_lost_and_the_line_is_bad() throws IOException {
    put(S3, 0, 1, 2);
    processed("worker-2", S3, T - 100, 0);
    log.add(new Happening.Killed(T, "worker-2"));
    processed("worker-1", S3, T + 6_000, 2);
    line(T + 6_500);

    LogEntry line = line(T + 11_000);
    assertThat(line.text()).contains("1 record lost, 0 seen twice");
    assertThat(line.bad()).isTrue();
  }

  @Test
  void worker_without_shards_leaves_nothing_to_wait_for() {
    log.add(new Happening.Killed(T, "worker-2"));

    assertThat(line(T)).isEqualTo(done("kill", "worker-2 killed 14:03:07.2 · it had no shards"));
  }

  @Test
  void shard_that_nobody_needs_to_go_on_with_is_not_waited_for() throws IOException {
    processed("worker-2", S3, T - 100, 0);
    log.add(new Happening.Killed(T, "worker-2"));
    append("worker-1", new LedgerLine.Start(T + 5_000, S3));
    append("worker-1", new LedgerLine.End(T + 5_100, S3, LedgerLine.FINISHED));

    assertThat(line(T + 20_000).done()).isTrue();
  }

  // ---- paused and resumed

  @Test
  void zombie_that_noticed_by_itself_fenced_itself() throws IOException {
    resumed(7);
    see(9, 50);
    event("worker-2", T + 10, "fenced", Map.of());
    assertThat(line(T + 20).text()).contains("others have taken shard 3, which it does not know");
    event("worker-2", T + 30, "leaseEnded", ended("lost: the session has expired"));

    assertThat(line(T + 40))
        .isEqualTo(
            done(
                "resume",
                "worker-2 resumed 14:03:07.2 after 12.0 s · it fenced itself: it moved no checkpoint"
                    + " of shard 3"));
  }

  @Test
  void zombie_whose_write_met_another_token_was_refused_by_the_store() throws IOException {
    resumed(7);
    see(9, 50);
    event(
        "worker-2",
        T + 30,
        "leaseEnded",
        ended("lost: the store refused a write: the row says owner worker-1@0.3-abcd, token 9"));

    assertThat(line(T + 40).text())
        .endsWith("the store refused its checkpoint of shard 3: it moved no checkpoint of shard 3");
  }

  @Test
  void checkpoint_that_went_back_is_bad() throws IOException {
    resumed(7);
    see(9, 50);
    see(9, 40);
    event("worker-2", T + 30, "leaseEnded", ended("lost: the session has expired"));

    assertThat(line(T + 40).text()).contains("the checkpoint of shard 3 went back");
    assertThat(line(T + 40).bad()).isTrue();
  }

  @Test
  void token_that_went_back_is_bad_too() throws IOException {
    resumed(7);
    see(9, 50);
    see(8, 60);
    event("worker-2", T + 30, "leaseEnded", ended("lost: the session has expired"));

    assertThat(line(T + 40).bad()).isTrue();
  }

  @Test
  void worker_that_was_paused_for_a_moment_keeps_its_shards() {
    resumed(7);
    see(7, 50);

    assertThat(line(T + 1_000).done()).isFalse();
    assertThat(line(T + 5_000))
        .isEqualTo(
            done("resume", "worker-2 resumed 14:03:07.2 after 12.0 s · it still has its shards"));
  }

  @Test
  void pause_that_ends_before_anybody_took_the_shards_is_told_so() throws IOException {
    processed("worker-2", S3, T - 100, 0);
    log.add(new Happening.Paused(T, "worker-2"));
    assertThat(line(T + 100).done()).isFalse();
    log.add(new Happening.Resumed(T + 900, "worker-2", T, List.of()));

    assertThat(lines(T + 1_000).get(1).text())
        .contains("it went on before anybody took its shards");
  }

  @Test
  void killed_zombie_is_not_waited_for() throws IOException {
    resumed(7);
    see(9, 50);
    assertThat(line(T + 10).done()).isFalse();
    log.add(new Happening.Killed(T + 20, "worker-2"));

    assertThat(lines(T + 30).get(1).text()).contains("others have taken shard 3");
    assertThat(lines(T + 30).get(1).done()).isTrue();
  }

  private void resumed(long token) {
    log.add(
        new Happening.Resumed(
            T, "worker-2", T - 12_000, List.of(new Happening.HeldBefore(S3, token))));
  }

  private static Map<String, Object> ended(String reason) {
    return Map.of("shard", S3, "reason", reason);
  }

  // ---- others

  @Test
  void split_is_told_with_its_children_when_they_have_gone_on() throws IOException {
    processed("worker-1", S1, T - 100, 0);
    log.add(new Happening.Resharded(T, "split", Set.of(S1)));
    assertThat(line(T + 10)).isEqualTo(open("split", "shard 1 split 14:03:07.2"));

    processed("worker-1", "shardId-000000000004", T + 200, 1);
    processed("worker-2", "shardId-000000000005", T + 300, 2);
    Evidence evidence = evidence(T + 400);
    evidence.addParents("shardId-000000000004", List.of(S1));
    evidence.addParents("shardId-000000000005", List.of(S1));
    assertThat(log.entries(evidence).get(0).text())
        .isEqualTo(
            "shard 1 split 14:03:07.2 · shards 4 and 5 went on 0.4 s after the last record before");
  }

  @Test
  void added_worker_is_told_with_the_shards_it_took() throws IOException {
    log.add(new Happening.Added(T, "worker-3"));
    event("worker-3", T + 3_000, "leaseTaken", Map.of("shard", S3, "token", 4));
    event("worker-3", T + 3_100, "leaseTaken", Map.of("shard", S1, "token", 4));

    assertThat(line(T + 9_000))
        .isEqualTo(done("add", "worker-3 started 14:03:07.2 · took shards 1 and 3 after 3.0 s"));
  }

  @Test
  void stopped_worker_is_told_with_the_longest_pause() throws IOException {
    processed("worker-2", S3, T - 100, 0);
    log.add(new Happening.Stopped(T, "worker-2"));
    processed("worker-2", S3, T + 100, 2);
    append("worker-2", new LedgerLine.End(T + 300, S3, "handed-over"));
    processed("worker-1", S3, T + 500, 1);

    assertThat(line(T + 9_000).text())
        .isEqualTo(
            "worker-2 told to stop 14:03:07.2 · shard 3 went on at worker-1 after 0.5 s · 0 records"
                + " lost, 0 seen twice · longest pause 0.4 s");
  }

  @Test
  void log_is_bounded_and_newest_first() {
    for (int i = 0; i < 300; i++) {
      log.add(new Happening.Note(T, "note", "note " + i + " {time}", false));
    }

    assertThat(lines(T)).hasSize(200);
    assertThat(lines(T).get(0).text()).isEqualTo("note 299 14:03:07.2");
  }

  // ---- what is written down

  private Evidence evidence(long now) {
    ledgers.refresh();
    events.refresh();
    return new Evidence(now, ZoneOffset.UTC, new Evidence.Written(ledgers, events), leases, log);
  }

  private List<LogEntry> lines(long now) {
    return log.entries(evidence(now));
  }

  private LogEntry line(long now) {
    return lines(now).get(0);
  }

  private static LogEntry open(String kind, String text) {
    return new LogEntry(0, T, kind, text, false, false);
  }

  private static LogEntry done(String kind, String text) {
    return new LogEntry(0, T, kind, text, true, false);
  }

  private void put(String shard, long... numbers) throws IOException {
    for (long number : numbers) {
      append("writer-w1", new LedgerLine.Put(1, "w1", number, shard, "4" + number));
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

  private void event(String worker, long atMillis, String name, Map<String, Object> more)
      throws IOException {
    try (LedgerFile file = new LedgerFile(folder.resolve(worker + ".events"))) {
      new EventFile(file, worker, () -> Instant.ofEpochMilli(atMillis)).write(name, more);
    }
  }

  private void see(long token, long sequence) {
    leases.see(
        List.of(
            new Lease(
                new LeaseKey(S3),
                SessionId.create("worker-1", 0, 3, 77).value(),
                token,
                Checkpoint.at(SequenceNumber.of(Long.toString(sequence)), 0),
                null,
                null,
                Collections.emptySortedSet(),
                Collections.emptySortedSet(),
                null,
                null,
                null,
                0)));
  }
}
