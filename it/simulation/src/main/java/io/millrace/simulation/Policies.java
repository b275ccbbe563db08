package io.millrace.simulation;

import io.millrace.kcl.engine.CheckpointRule;
import io.millrace.kcl.engine.EngineSettings;
import io.millrace.kcl.engine.FailureRule;
import io.millrace.kcl.engine.FailureRule.Then;

/** The failure and checkpoint policies of a scenario's application, drawn from its seed. */
final class Policies {

  private static final long STALL_MILLIS = 10_000;

  private Policies() {}

  static EngineSettings.Policies of(long seed) {
    SeededRandom random = new SeededRandom(seed).fork("policies");
    return new EngineSettings.Policies(failure(random), checkpoint(random), STALL_MILLIS);
  }

  private static FailureRule failure(SeededRandom random) {
    if (random.percent(50)) {
      return FailureRule.RETRY_FOR_EVER;
    }
    boolean byAge = random.percent(20);
    return new FailureRule(
        byAge ? FailureRule.UNLIMITED : (int) random.between(1, 4),
        byAge ? random.between(500, 10_000) : FailureRule.FOR_EVER,
        random.percent(75),
        switch ((int) random.nextLong(4)) {
          case 0 -> Then.SKIP;
          case 1 -> Then.STOP;
          default -> Then.DEAD_LETTER;
        });
  }

  private static CheckpointRule checkpoint(SeededRandom random) {
    if (random.percent(60)) {
      return CheckpointRule.BY_HAND;
    }
    return random.percent(50)
        ? new CheckpointRule(true, 1, Long.MAX_VALUE)
        : new CheckpointRule(true, random.between(1, 50), random.between(200, 5_000));
  }
}
