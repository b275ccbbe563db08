package io.millrace.connectors.transform;

import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Names with one text each. */
final class Texts {

  private Texts() {}

  /** Every text once. */
  static Map<String, String> of(Map<String, Object> map) {
    Map<String, String> texts = all(map);
    Set<String> seen = new HashSet<>();
    texts
        .values()
        .forEach(
            text -> {
              if (!seen.add(text)) {
                throw new IllegalArgumentException("'" + text + "' is there twice");
              }
            });
    return texts;
  }

  /** In the order of the file. */
  static Map<String, String> all(Map<String, Object> map) {
    Map<String, String> texts = new LinkedHashMap<>();
    map.forEach(
        (name, value) -> {
          if (!(value instanceof String text) || text.isBlank()) {
            throw new IllegalArgumentException("'" + name + "' has no single value");
          }
          texts.put(name, text.trim());
        });
    if (texts.isEmpty()) {
      throw new IllegalArgumentException("there is none");
    }
    return Collections.unmodifiableMap(texts);
  }
}
