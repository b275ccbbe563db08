package io.millrace.connectors.dynamodb;

import java.util.function.Supplier;

/** A setting of the sink is refused; it has the same name in a config file. */
final class RefusedSetting extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String setting;
  private final String why;

  RefusedSetting(String setting, String why) {
    this(setting, why, null);
  }

  private RefusedSetting(String setting, String why, Throwable cause) {
    super("The DynamoDB sink's " + setting + " is refused: " + why, cause);
    this.setting = setting;
    this.why = why;
  }

  /** Names the setting in what the supplier refuses. */
  static <T> T naming(String setting, Supplier<T> supplier) {
    try {
      return supplier.get();
    } catch (RefusedSetting e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new RefusedSetting(setting, e.getMessage(), e);
    }
  }

  String setting() {
    return setting;
  }

  String why() {
    return why;
  }
}
