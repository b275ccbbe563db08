package io.millrace.kcl.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.ManualClock;
import io.millrace.kcl.engine.ShardCheckpointer.LeaseLostException;
import io.millrace.lease.LeaseKey;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LoggingEventsTest {

  private static final LeaseKey SHARD = LeaseKey.of("shardId-000000000001");

  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final ManualClock clock = new ManualClock();
  private LoggingEvents events;

  @BeforeEach
  void listen() {
    Logger log = new LoggerContext().getLogger("test");
    log.setLevel(Level.INFO);
    log.setAdditive(false);
    lines.start();
    log.addAppender(lines);
    events = new LoggingEvents(log, "worker-1", clock);
  }

  private List<String> said() {
    return lines.list.stream().map(e -> e.getLevel() + " " + e.getFormattedMessage()).toList();
  }

  @Test
  void changes_of_a_lease_name_worker_shard_and_token() {
    events.sessionJoined("worker-1@0.3-abcd");
    events.leaseTaken(SHARD, 17, "claimed");
    events.leaseGiven(SHARD, 17, "worker-2@0.4-bcde", "balance");
    assertThat(said())
        .containsExactly(
            "INFO Worker worker-1 joined as session worker-1@0.3-abcd",
            "INFO Worker worker-1@0.3-abcd took shard shardId-000000000001 (token 17): claimed",
            "INFO Worker worker-1@0.3-abcd handed shard shardId-000000000001 (token 17) to"
                + " worker-2@0.4-bcde: balance");
  }

  @Test
  void batches_checkpoints_and_beats_that_succeed_say_nothing() {
    events.delivered(SHARD, 100, 1_000, 0);
    events.processed(SHARD, 3, null, 1);
    events.processed(SHARD, 3, new LeaseLostException("fenced"), 1);
    events.checkpointed(SHARD, Checkpoint.SHARD_END, 3);
    events.beat(true, 3);
    events.leasesOwned(4);
    events.consumerPhase(SHARD, "PROCESSING", "claimed");
    assertThat(said()).isEmpty();
  }

  @Test
  void trouble_that_repeats_is_said_once_a_minute_with_the_number_left_out() {
    for (int attempt = 1; attempt <= 50; attempt++) {
      events.processed(SHARD, 3, new IllegalStateException("database is down"), attempt);
    }
    assertThat(said()).singleElement().asString().startsWith("ERROR").contains("attempt 1)");
    assertThat(lines.list.get(0).getThrowableProxy().getMessage()).isEqualTo("database is down");
    clock.advance(LoggingEvents.REPEAT_MILLIS);
    events.processed(SHARD, 3, new IllegalStateException("database is down"), 51);
    assertThat(said()).hasSize(2);
    assertThat(said().get(1)).contains("49 more since this was last said");
  }

  @Test
  void the_end_of_trouble_is_said() {
    events.processed(SHARD, 3, new IllegalStateException("database is down"), 1);
    events.processed(SHARD, 3, null, 2);
    events.processed(SHARD, 3, null, 1);
    assertThat(said()).hasSize(2);
    assertThat(said().get(1)).startsWith("INFO").contains("recovered, at attempt 2");
  }

  @Test
  void trouble_of_one_shard_does_not_hide_that_of_another() {
    events.readThrottled(SHARD);
    events.readThrottled(SHARD);
    events.readThrottled(LeaseKey.of("shardId-000000000002"));
    assertThat(said()).hasSize(2);
  }

  @Test
  void fencing_is_said_when_it_changes() {
    events.fenced(true);
    events.fenced(true);
    events.fenced(false);
    assertThat(said()).hasSize(2);
    assertThat(said().get(0)).startsWith("WARN");
    assertThat(said().get(1)).startsWith("INFO");
  }

  @Test
  void notices_keep_their_level() {
    events.notice("ERROR", "retention is near");
    events.notice("WARN", "slow");
    events.notice("INFO", "started");
    assertThat(said())
        .containsExactly(
            "ERROR Worker worker-1: retention is near",
            "WARN Worker worker-1: slow",
            "INFO Worker worker-1: started");
  }
}
