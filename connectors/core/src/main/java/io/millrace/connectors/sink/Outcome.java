package io.millrace.connectors.sink;

import java.util.Objects;

/** What became of one item. */
public sealed interface Outcome {

  /** It is stored. */
  record Delivered() implements Outcome {}

  /** It, or something newer in its place, was stored before: there was nothing to do. */
  record Duplicate() implements Outcome {}

  /**
   * It is not stored, and trying again later may help. If the reason is a {@link SinkException} it
   * is the sink's trouble and not the record's, as where a table throttles: it counts as nobody's
   * attempt, and the record is never given up for it.
   */
  record Retry(Throwable why) implements Outcome {
    public Retry {
      Objects.requireNonNull(why, "why");
    }
  }

  /** It is not stored, and never will be: its record becomes a dead letter. */
  record Poison(Throwable why) implements Outcome {
    public Poison {
      Objects.requireNonNull(why, "why");
    }
  }

  static Outcome delivered() {
    return new Delivered();
  }

  static Outcome duplicate() {
    return new Duplicate();
  }

  static Outcome retry(Throwable why) {
    return new Retry(why);
  }

  static Outcome poison(Throwable why) {
    return new Poison(why);
  }
}
