package io.millrace.connectors.config;

/** A config file is refused. The message names file, line, key, value and what is allowed. */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int line;

  public ConfigException(String message) {
    this(message, 0);
  }

  public ConfigException(String message, Throwable cause) {
    super(message, cause);
    this.line = 0;
  }

  ConfigException(String message, int line) {
    super(message);
    this.line = line;
  }

  /** Where in the file; 0 if it is about all of it. */
  int line() {
    return line;
  }
}
