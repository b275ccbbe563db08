package io.millrace.connectors.config;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** What a file says for the keys of one section, each one read and allowed. */
public final class Values {

  /** Makes the exception for a value that is allowed by itself, but not with the others. */
  @FunctionalInterface
  public interface Refusal {
    /**
     * @param key whose value, or absence, is refused
     * @param why that it is refused, and what to do
     */
    ConfigException of(Key<?> key, String why);
  }

  private final Section section;
  private final Map<String, Object> values;
  private final Refusal refusal;

  /**
   * @param values read values by the keys' names
   * @param refusal names file and line
   */
  public Values(Section section, Map<String, Object> values, Refusal refusal) {
    this.section = Objects.requireNonNull(section, "section");
    this.values = new LinkedHashMap<>(values);
    this.refusal = Objects.requireNonNull(refusal, "refusal");
  }

  public Section section() {
    return section;
  }

  /**
   * The file's value, else the default.
   *
   * @throws IllegalStateException if there is neither: such a key is asked for with {@link #find}
   */
  public <T> T get(Key<T> key) {
    return find(key)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    section.name() + "." + key.name() + " has no value and no default"));
  }

  /** The file's value, else the default, else nothing. */
  public <T> Optional<T> find(Key<T> key) {
    @SuppressWarnings("unchecked") // read by this key
    T value = (T) values.get(key.name());
    return value == null ? key.defaultValue() : Optional.of(value);
  }

  /** Whether the file says it. */
  public boolean isSet(Key<?> key) {
    return values.containsKey(key.name());
  }

  /** The same without what the file says for some keys. */
  public Values without(Collection<String> names) {
    Map<String, Object> rest = new LinkedHashMap<>(values);
    rest.keySet().removeAll(names);
    return new Values(section, rest, refusal);
  }

  /** The same with another value for a key, if the section has such a key. */
  public Values with(String name, String value) {
    Map<String, Object> changed = new LinkedHashMap<>(values);
    section.keys().stream()
        .filter(key -> key.name().equals(name))
        .forEach(key -> changed.put(name, key.read(value)));
    return new Values(section, changed, refusal);
  }

  /** For a value that does not go with the others. */
  public ConfigException refuse(Key<?> key, String why) {
    return refusal.of(key, why);
  }
}
