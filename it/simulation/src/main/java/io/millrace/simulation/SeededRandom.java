package io.millrace.simulation;

import io.millrace.kcl.time.RandomSource;
import java.util.List;

/** SplitMix64: small, fast, and the same on every machine. */
final class SeededRandom implements RandomSource {

  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final long seed;
  private long state;

  SeededRandom(long seed) {
    this.seed = seed;
    this.state = seed;
  }

  static long mix(long z) {
    long mixed = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }

  @Override
  public long nextLong() {
    state += GOLDEN;
    return mix(state);
  }

  @Override
  public SeededRandom fork(String component) {
    return new SeededRandom(mix(seed ^ mix(component.hashCode() * GOLDEN)));
  }

  /** Uniform in {@code [low, high]}. */
  long between(long low, long high) {
    return low + nextLong(high - low + 1);
  }

  boolean percent(long chance) {
    return nextLong(100) < chance;
  }

  <T> T oneOf(List<T> choices) {
    return choices.get((int) nextLong(choices.size()));
  }
}
