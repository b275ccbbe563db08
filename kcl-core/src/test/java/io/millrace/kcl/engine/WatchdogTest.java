package io.millrace.kcl.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.engine.Watchdog.Change;
import io.millrace.kcl.health.ShardHealth;
import io.millrace.kcl.health.ShardState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class WatchdogTest {

  private final Watchdog watchdog = new Watchdog(30_000);

  private static ShardHealth shard(ShardState state, long sinceMillis) {
    return new ShardHealth(
        "shard-1", 3, Checkpoint.TRIM_HORIZON, state, Duration.ofMillis(sinceMillis), "because");
  }

  private List<Change> look(long now, ShardState state) {
    return watchdog.look(List.of(shard(state, 0)), now);
  }

  @Test
  void a_standstill_is_reported_once_after_the_threshold() {
    assertThat(look(0, ShardState.PAUSED)).isEmpty();
    assertThat(look(29_999, ShardState.PAUSED)).isEmpty();
    List<Change> changes = look(30_000, ShardState.PAUSED);
    assertThat(changes).hasSize(1).allMatch(c -> c instanceof Change.Stalled);
    assertThat(changes.get(0).health().since()).isEqualTo(Duration.ofSeconds(30));
    assertThat(look(35_000, ShardState.PAUSED)).isEmpty();
  }

  @Test
  void another_reason_is_reported_again_once_it_has_lasted() {
    look(0, ShardState.PAUSED);
    look(30_000, ShardState.PAUSED);
    assertThat(look(40_000, ShardState.RETRYING)).isEmpty();
    assertThat(look(70_000, ShardState.RETRYING)).hasSize(1);
  }

  @Test
  void moving_on_is_reported_only_for_what_was_reported() {
    look(0, ShardState.RETRYING);
    assertThat(look(10_000, ShardState.PROCESSING)).isEmpty();
    look(20_000, ShardState.RETRYING);
    look(50_000, ShardState.RETRYING);
    // a change of the reason is no progress
    assertThat(look(51_000, ShardState.THROTTLED)).isEmpty();
    assertThat(look(52_000, ShardState.UP_TO_DATE))
        .hasSize(1)
        .allMatch(c -> c instanceof Change.Moves);
    assertThat(look(53_000, ShardState.UP_TO_DATE)).isEmpty();
  }

  @Test
  void whoever_saw_it_begin_knows_better_how_long_it_has_lasted() {
    List<Change> changes =
        watchdog.look(List.of(shard(ShardState.PROCESSOR_STUCK, 31_000)), 100_000);
    assertThat(changes).hasSize(1);
    assertThat(changes.get(0).health().since()).isEqualTo(Duration.ofSeconds(31));
  }

  @Test
  void a_shard_that_is_gone_is_forgotten() {
    look(0, ShardState.PAUSED);
    look(30_000, ShardState.PAUSED);
    assertThat(watchdog.look(List.of(), 31_000)).isEmpty();
    assertThat(watchdog.lastSeen()).isEmpty();
    assertThat(look(32_000, ShardState.PAUSED)).isEmpty();
  }
}
