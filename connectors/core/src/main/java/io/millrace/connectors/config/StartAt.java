package io.millrace.connectors.config;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Locale;
import java.util.Objects;

/** Where an application begins that has no checkpoints yet. */
public sealed interface StartAt {

  /** With the oldest record that the stream still has. */
  record TrimHorizon() implements StartAt {
    @Override
    public String toString() {
      return "trim-horizon";
    }
  }

  /** With what arrives from now on. */
  record Latest() implements StartAt {
    @Override
    public String toString() {
      return "latest";
    }
  }

  /** With the first record that arrived at or after a time. */
  record Time(Instant time) implements StartAt {
    public Time {
      Objects.requireNonNull(time, "time");
    }

    @Override
    public String toString() {
      return time.toString();
    }
  }

  /**
   * Reads a file's value.
   *
   * @throws IllegalArgumentException if it is none of the three
   */
  static StartAt parse(String text) {
    String trimmed = text.trim();
    switch (trimmed.toLowerCase(Locale.ROOT)) {
      case "trim-horizon", "trim_horizon":
        return new TrimHorizon();
      case "latest":
        return new Latest();
      default:
        try {
          Instant time = OffsetDateTime.parse(trimmed).toInstant();
          if (time.isBefore(Instant.EPOCH)) {
            throw new IllegalArgumentException("it is before 1970");
          }
          return new Time(time);
        } catch (DateTimeException e) {
          throw new IllegalArgumentException("it is none of them", e);
        }
    }
  }
}
