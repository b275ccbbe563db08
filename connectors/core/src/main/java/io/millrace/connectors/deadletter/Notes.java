package io.millrace.connectors.deadletter;

import java.util.List;

/** Sentences that several sources say. */
public final class Notes {

  private Notes() {}

  /** None if there were no duplicates. */
  public static List<String> duplicates(long duplicates) {
    return duplicates == 0
        ? List.of()
        : List.of(
            (duplicates == 1 ? "1 copy was" : duplicates + " copies were")
                + " passed over: letters that were stored more than once, and are given once");
  }
}
