package io.millrace.kcl.time;

/**
 * Two clocks that must not be mixed up. Durations are measured on the monotonic one; the wall clock
 * is only for what is shown to people, what is compared with the stream's timestamps, and for
 * noticing that the machine was suspended.
 */
public interface Clock {

  /** Milliseconds since some fixed moment of this process; never goes back. */
  long monotonicMillis();

  /** Milliseconds since the epoch; may jump. */
  long wallMillis();

  /** The machine's clocks. */
  static Clock system() {
    return SystemTime.CLOCK;
  }
}
