package io.millrace.kcl.time;

import java.util.concurrent.ThreadLocalRandom;

/** The one place that reads the machine's clocks and randomness. */
final class SystemTime {

  static final Clock CLOCK =
      new Clock() {
        @Override
        public long monotonicMillis() {
          return System.nanoTime() / 1_000_000L;
        }

        @Override
        public long wallMillis() {
          return System.currentTimeMillis();
        }
      };

  static final RandomSource RANDOM =
      new RandomSource() {
        @Override
        public long nextLong() {
          return ThreadLocalRandom.current().nextLong();
        }

        @Override
        public RandomSource fork(String component) {
          return this;
        }
      };

  private SystemTime() {}
}
