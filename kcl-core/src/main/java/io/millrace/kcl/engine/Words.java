package io.millrace.kcl.engine;

import java.util.List;
import java.util.stream.Collectors;

/** Lists in messages. */
final class Words {

  private Words() {}

  /** The first few, and how many more there are. */
  static String some(List<?> all, int most) {
    String shown = all.stream().limit(most).map(String::valueOf).collect(Collectors.joining(", "));
    return all.size() <= most ? shown : shown + " and " + (all.size() - most) + " more";
  }
}
