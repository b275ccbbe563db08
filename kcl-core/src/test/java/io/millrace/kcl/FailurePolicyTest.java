package io.millrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.kcl.engine.FailureRule;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class FailurePolicyTest {

  @Test
  void a_policy_says_in_a_sentence_what_it_does() {
    assertThat(FailurePolicy.retryForever())
        .hasToString("A batch whose processing throws is delivered again until it succeeds.");
    assertThat(FailurePolicy.afterAttempts(5).orAfter(Duration.ofHours(1)).isolating().thenSkip())
        .hasToString(
            "A batch whose processing throws is delivered again, up to 5 attempts in all or until"
                + " its records are PT1H old; then it is halved until what fails is alone, and"
                + " that is skipped.");
    assertThat(FailurePolicy.afterAge(Duration.ofMinutes(2)).thenStop())
        .hasToString(
            "A batch whose processing throws is delivered again, until its records are PT2M old;"
                + " then the shard stops, with its lease held, until it is resumed.");
  }

  @Test
  void what_is_composed_is_what_the_engine_gets() {
    assertThat(FailurePolicy.retryForever().rule()).isEqualTo(FailureRule.RETRY_FOR_EVER);
    assertThat(FailurePolicy.afterAttempts(3).isolating().thenStop().rule())
        .isEqualTo(new FailureRule(3, FailureRule.FOR_EVER, true, FailureRule.Then.STOP));
    assertThat(FailurePolicy.afterAge(Duration.ofSeconds(9)).thenSkip().rule())
        .isEqualTo(new FailureRule(FailureRule.UNLIMITED, 9_000, false, FailureRule.Then.SKIP));
  }

  @Test
  void limits_that_make_no_sense_are_refused_with_what_is_allowed() {
    assertThatThrownBy(() -> FailurePolicy.afterAttempts(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("afterAttempts(0)")
        .hasMessageContaining("at least 1");
    assertThatThrownBy(() -> FailurePolicy.afterAge(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("afterAge(PT0S)");
    assertThatThrownBy(() -> CheckpointPolicy.every(0, Duration.ofSeconds(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 1 record");
  }
}
