package io.millrace.connectors.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connectors.pipeline.DeliveryModel.Defect;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DeliveryModelTest {

  private static final int SEEDS = Integer.getInteger("millrace.model.seeds", 1_200);
  private static final int FIRST_SEED = Integer.getInteger("millrace.model.from", 0);
  private static final int SEEDS_FOR_A_DEFECT = 2_000;

  @Test
  void whatever_fails_each_record_is_stored_once_or_is_a_dead_letter() {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      DeliveryModel model = new DeliveryModel(seed, Defect.NONE);
      try {
        model.run();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ": " + e.getMessage() + "\n" + model.trace(), e);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void each_rule_that_is_broken_is_noticed(Defect defect) {
    int seed = 0;
    while (seed < SEEDS_FOR_A_DEFECT && holds(seed, defect)) {
      seed++;
    }
    assertThat(seed).as("seeds until %s was noticed", defect).isLessThan(SEEDS_FOR_A_DEFECT);
  }

  private static boolean holds(long seed, Defect defect) {
    try {
      new DeliveryModel(seed, defect).run();
      return true;
    } catch (AssertionError e) {
      return false;
    }
  }
}
