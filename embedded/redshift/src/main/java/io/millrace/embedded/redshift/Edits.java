package io.millrace.embedded.redshift;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Replacements in a text, which do not overlap. */
final class Edits {

  private record Edit(int start, int end, String text) {}

  private final List<Edit> edits = new ArrayList<>();

  /** Puts the text in place of what stands there; the later edit loses where two meet. */
  void replace(int start, int end, String text) {
    boolean meets = edits.stream().anyMatch(other -> start < other.end() && other.start() < end);
    if (!meets) {
      edits.add(new Edit(start, end, text));
    }
  }

  String apply(String sql) {
    edits.sort(Comparator.comparingInt(Edit::start));
    StringBuilder out = new StringBuilder();
    int at = 0;
    for (Edit edit : edits) {
      out.append(sql, at, edit.start()).append(edit.text());
      at = edit.end();
    }
    return out.append(sql, at, sql.length()).toString();
  }
}
