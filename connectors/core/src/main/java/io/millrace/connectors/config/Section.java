package io.millrace.connectors.config;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Keys of a config file that belong together.
 *
 * @param name of the section, or the value of {@code type} that chooses it: {@code s3}
 * @param description what it is for, in a sentence or two
 * @param keys in the order of the reference
 */
public record Section(String name, String description, List<Key<?>> keys) {
  public Section {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(description, "description");
    keys = List.copyOf(keys);
    Set<String> names = new HashSet<>();
    for (Key<?> key : keys) {
      if (!names.add(key.name())) {
        throw new IllegalArgumentException("Section " + name + " has " + key.name() + " twice");
      }
    }
  }
}
