package io.millrace.connectors.pipeline;

/**
 * When a record that the sink asks to try again is given up.
 *
 * @param attempts so many, then it is a dead letter; {@link Integer#MAX_VALUE} for never
 * @param ageMillis so long after the stream took it; {@link Long#MAX_VALUE} for never
 */
record RetryLimits(int attempts, long ageMillis) {
  RetryLimits {
    if (attempts < 1 || ageMillis < 1) {
      throw new IllegalArgumentException(
          "attempts and age are at least 1: " + attempts + ", " + ageMillis);
    }
  }
}
