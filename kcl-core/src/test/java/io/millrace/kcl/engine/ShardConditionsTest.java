package io.millrace.kcl.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.engine.ShardConditions.Facts;
import io.millrace.kcl.engine.ShardConditions.Failing;
import io.millrace.kcl.engine.ShardConditions.Held;
import io.millrace.kcl.engine.ShardConditions.ReadTrouble;
import io.millrace.kcl.health.ShardHealth;
import io.millrace.kcl.health.ShardState;
import io.millrace.lease.LeaseKey;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ShardConditionsTest {

  private static final long STALL = 30_000;
  private static final long NOW = 100_000;

  private String call;
  private long callStarted;
  private String where;
  private boolean fenced;
  private Held held;
  private Failing failing;
  private LeaseKey waitingFor;
  private ReadTrouble readTrouble;
  private boolean upToDate;

  private ShardHealth judge() {
    return ShardConditions.judge(
        new Facts(
            LeaseKey.of("shard-1"),
            7,
            Checkpoint.TRIM_HORIZON,
            call,
            callStarted,
            where,
            fenced,
            held,
            failing,
            waitingFor,
            readTrouble,
            upToDate),
        STALL,
        NOW);
  }

  private void expect(ShardState state, long sinceMillis, String explanation) {
    ShardHealth health = judge();
    assertThat(health.state()).isEqualTo(state);
    assertThat(health.since()).isEqualTo(Duration.ofMillis(sinceMillis));
    assertThat(health.explanation()).isEqualTo(explanation);
    assertThat(health.shardId()).isEqualTo("shard-1");
    assertThat(health.fencingToken()).isEqualTo(7);
  }

  @Test
  void a_call_that_takes_longer_than_the_threshold_is_stuck_and_the_line_is_named() {
    call = "processRecords";
    callStarted = NOW - 45_200;
    where = "com.example.Sink.write(Sink.java:12)";
    expect(
        ShardState.PROCESSOR_STUCK,
        45_200,
        "processRecords has not returned for 45.2 s; it is at com.example.Sink.write(Sink.java:12)");
  }

  @Test
  void a_call_within_the_threshold_is_progress() {
    call = "processRecords";
    callStarted = NOW - 29_999;
    expect(ShardState.PROCESSING, 29_999, "processRecords is being called");
  }

  @Test
  void a_processor_that_throws_is_retried_and_the_cause_is_named() {
    failing = new Failing("processRecords", NOW - 9_000, 4, ShardState.RETRYING, "no disk");
    expect(
        ShardState.RETRYING,
        9_000,
        "processRecords has failed 4 times in 9.0 s, the last time with: no disk");
  }

  @Test
  void a_call_under_way_does_not_hide_that_the_ones_before_failed() {
    call = "processRecords";
    callStarted = NOW - 10;
    failing = new Failing("processRecords", NOW - 9_000, 4, ShardState.RETRYING, "no disk");
    assertThat(judge().state()).isEqualTo(ShardState.RETRYING);
  }

  @Test
  void a_pause_says_who_and_how_long_ago() {
    held = new Held(ShardState.PAUSED, NOW - 2_000, "paused: the database is down");
    expect(ShardState.PAUSED, 2_000, "paused: the database is down, 2.0 s ago");
  }

  @Test
  void a_fenced_worker_comes_before_what_its_shards_would_do() {
    fenced = true;
    failing = new Failing("processRecords", NOW, 1, ShardState.RETRYING, "x");
    assertThat(judge().state()).isEqualTo(ShardState.FENCED);
  }

  @Test
  void a_child_names_the_parent_it_waits_for() {
    waitingFor = LeaseKey.of("shard-0");
    expect(ShardState.WAITING_FOR_PARENT, 0, "waiting for parent shard-0");
  }

  @Test
  void reading_in_trouble_says_since_when_and_why() {
    readTrouble = new ReadTrouble(ShardState.THROTTLED, NOW - 61_000, "limit exceeded");
    upToDate = true;
    expect(ShardState.THROTTLED, 61_000, "limit exceeded, for 61.0 s");
  }

  @Test
  void without_trouble_a_shard_is_up_to_date_or_under_way() {
    expect(ShardState.PROCESSING, 0, "between two calls");
    upToDate = true;
    expect(ShardState.UP_TO_DATE, 0, "everything has been processed");
  }
}
