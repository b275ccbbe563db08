package io.millrace.connectors.config;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One key of a config file: its name, what is allowed, and what it means. The same description
 * validates files and makes the reference in the documentation.
 *
 * @param <T> what its value becomes
 */
public final class Key<T> {

  /** What a value looks like in a file. */
  public enum Form {
    TEXT,
    LIST,
    MAP
  }

  private static final Pattern AMOUNT = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)\\s*([A-Za-z]*)");

  private static final Map<String, Long> BYTES =
      Map.of(
          "",
          1L,
          "b",
          1L,
          "kib",
          1L << 10,
          "mib",
          1L << 20,
          "gib",
          1L << 30,
          "kb",
          1_000L,
          "mb",
          1_000_000L,
          "gb",
          1_000_000_000L);

  private static final Map<String, Long> MILLIS =
      Map.of(
          "ms", 1L, "s", 1_000L, "m", 60_000L, "min", 60_000L, "h", 3_600_000L, "d", 86_400_000L);

  private final String name;
  private final Form form;
  private final String allowed;
  private final Function<Object, T> reader;
  private final T defaultValue;
  private final boolean required;
  private final boolean secret;
  private final String description;

  private Key(
      String name,
      Form form,
      String allowed,
      Function<Object, T> reader,
      T defaultValue,
      boolean required,
      boolean secret,
      String description) {
    this.name = Objects.requireNonNull(name, "name");
    this.form = form;
    this.allowed = allowed;
    this.reader = reader;
    this.defaultValue = defaultValue;
    this.required = required;
    this.secret = secret;
    this.description = description;
  }

  private static <T> Key<T> of(String name, Form form, String allowed, Function<Object, T> reader) {
    return new Key<>(name, form, allowed, reader, null, false, false, "");
  }

  private static <T> Key<T> ofText(String name, String allowed, Function<String, T> reader) {
    return of(name, Form.TEXT, allowed, value -> reader.apply((String) value));
  }

  /** Any text that is not blank. */
  public static Key<String> text(String name) {
    return ofText(
        name,
        "a text that is not empty",
        value -> {
          if (value.isBlank()) {
            throw new IllegalArgumentException("it is empty");
          }
          return value;
        });
  }

  /** A text that a function takes or refuses, with an {@link IllegalArgumentException}. */
  public static <T> Key<T> parsed(String name, String allowed, Function<String, T> parser) {
    return ofText(name, allowed, parser);
  }

  /** A whole number within bounds, both allowed. */
  public static Key<Long> number(String name, long least, long most) {
    return ofText(
        name,
        "a whole number from " + least + " to " + most,
        value -> within(Long.parseLong(value.trim()), least, most));
  }

  /** A number of bytes, with or without a unit: {@code 5 MiB}. */
  public static Key<Long> bytes(String name, long least, long most) {
    return ofText(
        name,
        "a size such as 512 KiB or 5 MiB, from " + sizeText(least) + " to " + sizeText(most),
        value -> within(amount(value, BYTES), least, most));
  }

  /** A time with a unit: {@code 30 s}. */
  public static Key<Duration> duration(String name, Duration least, Duration most) {
    return ofText(
        name,
        "a time such as 500 ms, 30 s, 5 m or 1 h, from "
            + timeText(least)
            + " to "
            + timeText(most),
        value ->
            Duration.ofMillis(within(amount(value, MILLIS), least.toMillis(), most.toMillis())));
  }

  /** {@code true} or {@code false}. */
  public static Key<Boolean> flag(String name) {
    return ofText(
        name,
        "true or false",
        value ->
            switch (value.trim().toLowerCase(Locale.ROOT)) {
              case "true" -> true;
              case "false" -> false;
              default -> throw new IllegalArgumentException("it is neither");
            });
  }

  /** The lower-case names of an enum, with hyphens for underscores. */
  public static <E extends Enum<E>> Key<E> oneOf(String name, Class<E> type) {
    List<E> constants = Arrays.asList(type.getEnumConstants());
    return ofText(
        name,
        constants.stream().map(Key::nameOf).collect(Collectors.joining(", ")),
        value ->
            constants.stream()
                .filter(constant -> nameOf(constant).equals(value.trim().toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("it is none of them")));
  }

  /** Several texts. */
  public static Key<List<String>> list(String name) {
    return of(
        name,
        Form.LIST,
        "a list of texts",
        value -> {
          List<String> texts = new ArrayList<>();
          for (Object element : (List<?>) value) {
            if (!(element instanceof String text)) {
              throw new IllegalArgumentException("an element is no text");
            }
            texts.add(text);
          }
          return List.copyOf(texts);
        });
  }

  /**
   * Names and whatever stands below each: texts ({@code String}), lists and maps of these, in the
   * order of the file.
   *
   * @param allowed what the function takes, in words
   * @param reader throws an {@link IllegalArgumentException} that says what is wrong
   */
  public static <T> Key<T> map(
      String name, String allowed, Function<Map<String, Object>, T> reader) {
    return of(
        name,
        Form.MAP,
        allowed,
        value -> {
          @SuppressWarnings("unchecked") // what a parser of files makes
          Map<String, Object> map = (Map<String, Object>) value;
          return reader.apply(map);
        });
  }

  /** What it is when a file does not say. */
  public Key<T> withDefault(T value) {
    return new Key<>(name, form, allowed, reader, value, false, secret, description);
  }

  /** A file without it is refused. */
  public Key<T> required() {
    return new Key<>(name, form, allowed, reader, null, true, secret, description);
  }

  /** Its value is never shown. */
  public Key<T> secret() {
    return new Key<>(name, form, allowed, reader, defaultValue, required, true, description);
  }

  /** What it means, in a sentence or two. */
  public Key<T> describedAs(String text) {
    return new Key<>(name, form, allowed, reader, defaultValue, required, secret, text);
  }

  public String name() {
    return name;
  }

  public Form form() {
    return form;
  }

  /** What is allowed, in words. */
  public String allowed() {
    return allowed;
  }

  public Optional<T> defaultValue() {
    return Optional.ofNullable(defaultValue);
  }

  public boolean isRequired() {
    return required;
  }

  public boolean isSecret() {
    return secret;
  }

  public String description() {
    return description;
  }

  /**
   * Reads a value.
   *
   * @param value as its form says: {@code String}, {@code List} or {@code Map}
   * @throws IllegalArgumentException if it is not allowed; the message says why, not what is
   *     allowed
   */
  public T read(Object value) {
    boolean fits =
        switch (form) {
          case TEXT -> value instanceof String;
          case LIST -> value instanceof List;
          case MAP -> value instanceof Map;
        };
    if (!fits) {
      throw new IllegalArgumentException("it has another form");
    }
    try {
      return reader.apply(value);
    } catch (ArithmeticException | NumberFormatException e) {
      throw new IllegalArgumentException("it is not a whole number that fits", e);
    }
  }

  /** A default as a file would say it. */
  public static String show(Object value) {
    if (value instanceof Duration duration) {
      return timeText(duration);
    }
    return value instanceof Enum<?> constant ? nameOf(constant) : String.valueOf(value);
  }

  @Override
  public String toString() {
    return name;
  }

  private static String nameOf(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static long within(long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(value < least ? "it is too small" : "it is too large");
    }
    return value;
  }

  private static long amount(String value, Map<String, Long> units) {
    Matcher matcher = AMOUNT.matcher(value.trim());
    if (!matcher.matches()) {
      throw new IllegalArgumentException("it is not a number with a unit");
    }
    Long unit = units.get(matcher.group(2).toLowerCase(Locale.ROOT));
    if (unit == null) {
      throw new IllegalArgumentException(
          matcher.group(2).isEmpty()
              ? "the unit is missing"
              : "'" + matcher.group(2) + "' is no unit");
    }
    return new BigDecimal(matcher.group(1))
        .multiply(BigDecimal.valueOf(unit))
        .setScale(0, RoundingMode.DOWN)
        .longValueExact();
  }

  /** As a file would say it. */
  public static String sizeText(long bytes) {
    if (bytes > 0 && bytes % (1L << 30) == 0) {
      return (bytes >> 30) + " GiB";
    }
    if (bytes > 0 && bytes % (1L << 20) == 0) {
      return (bytes >> 20) + " MiB";
    }
    return bytes > 0 && bytes % (1L << 10) == 0 ? (bytes >> 10) + " KiB" : bytes + " B";
  }

  /** As a file would say it. */
  public static String timeText(Duration duration) {
    long millis = duration.toMillis();
    if (millis > 0 && millis % 86_400_000 == 0) {
      return millis / 86_400_000 + " d";
    }
    if (millis > 0 && millis % 3_600_000 == 0) {
      return millis / 3_600_000 + " h";
    }
    if (millis > 0 && millis % 60_000 == 0) {
      return millis / 60_000 + " m";
    }
    return millis % 1_000 == 0 ? millis / 1_000 + " s" : millis + " ms";
  }
}
