package io.millrace.connectors.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds what somebody may have meant. */
final class Suggestions {

  private Suggestions() {}

  /** " did you mean 'x'?", with the space; empty if nothing is near. */
  static String of(String name, Collection<String> known) {
    return nearest(name, known).map(near -> " did you mean '" + near + "'?").orElse("");
  }

  /**
   * The known name with the fewest changes, case apart; nothing if a third would have to change.
   */
  static Optional<String> nearest(String name, Collection<String> known) {
    String lower = name.toLowerCase(Locale.ROOT);
    int most = Math.max(1, lower.length() / 3);
    return known.stream()
        .filter(candidate -> distance(lower, candidate.toLowerCase(Locale.ROOT)) <= most)
        .min(
            Comparator.comparingInt(
                    (String candidate) -> distance(lower, candidate.toLowerCase(Locale.ROOT)))
                .thenComparing(Comparator.naturalOrder()));
  }

  /** Letters to insert, remove, replace, or swap with their neighbour. */
  static int distance(String a, String b) {
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        cost[i][j] =
            Math.min(cost[i - 1][j - 1] + change, 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (swapped) {
          cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
      }
    }
    return cost[a.length()][b.length()];
  }
}
