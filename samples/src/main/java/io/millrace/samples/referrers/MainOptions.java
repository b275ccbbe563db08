package io.millrace.samples.referrers;

import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The {@code --name value} options of a sample's main, and {@code --name} flags. */
final class MainOptions {

  private final Map<String, String> values;

  private MainOptions(Map<String, String> values) {
    this.values = values;
  }

  /**
   * @param known the names of the options, without dashes
   * @throws IllegalArgumentException if there is an unknown option or one without a value
   */
  static MainOptions parse(String[] args, List<String> known) {
    return parse(args, known, List.of());
  }

  /**
   * @param flags the names of the options that have no value
   */
  static MainOptions parse(String[] args, List<String> known, List<String> flags) {
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < args.length; i += 2) {
      String name = args[i].startsWith("--") ? args[i].substring(2) : "";
      if (flags.contains(name)) {
        values.put(name, "true");
        i--;
        continue;
      }
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            "Unknown option '"
                + args[i]
                + "'; allowed: --"
                + Stream.concat(known.stream(), flags.stream())
                    .collect(Collectors.joining(", --")));
      }
      if (i + 1 == args.length) {
        throw new IllegalArgumentException("Option " + args[i] + " needs a value");
      }
      values.put(name, args[i + 1]);
    }
    return new MainOptions(values);
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(values.get(name));
  }

  String required(String name) {
    return text(name)
        .orElseThrow(() -> new IllegalArgumentException("Option --" + name + " is required"));
  }

  boolean flag(String name) {
    return values.containsKey(name);
  }

  /** What is given, where nothing is, something else. */
  String text(String name, String otherwise) {
    return values.getOrDefault(name, otherwise);
  }

  int wholeNumber(String name, int otherwise, int min, int max) {
    String value = values.get(name);
    try {
      int number = value == null ? otherwise : Integer.parseInt(value);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(
        "Option --" + name + ": '" + value + "' is not allowed; allowed: " + min + " to " + max);
  }

  /** Null if it is not given. */
  URI uri(String name) {
    try {
      return text(name).map(URI::create).orElse(null);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "Option --" + name + ": '" + values.get(name) + "' is not a URL", e);
    }
  }

  Path path(String name) {
    return Path.of(required(name));
  }

  double rate(String name, double otherwise) {
    String value = values.get(name);
    try {
      double rate = value == null ? otherwise : Double.parseDouble(value);
      if (rate >= 0 && rate <= StreamWriter.MAX_RATE) {
        return rate;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(
        "Option --"
            + name
            + ": '"
            + value
            + "' is not allowed; allowed: 0 to "
            + StreamWriter.MAX_RATE
            + " records a second");
  }
}
