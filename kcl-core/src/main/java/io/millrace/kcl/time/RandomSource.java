package io.millrace.kcl.time;

/** Randomness. One instance belongs to one component; {@link #fork} makes another. */
public interface RandomSource {

  /** A uniformly distributed number. */
  long nextLong();

  /** A source for the component of that name, independent of this one's further use. */
  RandomSource fork(String component);

  /** Uniform in {@code [0, bound)}. */
  default long nextLong(long bound) {
    if (bound <= 0) {
      throw new IllegalArgumentException("bound must be positive: " + bound);
    }
    return Math.floorMod(nextLong(), bound);
  }

  /** The machine's randomness. */
  static RandomSource system() {
    return SystemTime.RANDOM;
  }
}
