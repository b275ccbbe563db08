package io.millrace.it.backend;

import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.UnaryOperator;

/** What was said about the run: {@code -Dit.…}, and the environment. */
record Settings(UnaryOperator<String> property) {

  static Settings ofSystem() {
    Properties properties = System.getProperties();
    return new Settings(properties::getProperty);
  }

  static Settings of(Map<String, String> values) {
    return new Settings(values::get);
  }

  /** Empty also where a blank text was given. */
  Optional<String> get(String name) {
    return Optional.ofNullable(property.apply(name)).map(String::strip).filter(s -> !s.isEmpty());
  }
}
