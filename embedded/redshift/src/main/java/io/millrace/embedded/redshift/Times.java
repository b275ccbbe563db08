package io.millrace.embedded.redshift;

import io.millrace.embedded.redshift.Column.BadField;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalQueries;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Dates and times in the formats of COPY. Of {@code auto} only the ISO 8601 forms are known. */
final class Times {

  private static final Pattern STANDARD =
      Pattern.compile(
          "(\\d{4}-\\d{2}-\\d{2})([ T])(\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,9})?)"
              + " ?(Z|[+-]\\d{2}(?::?\\d{2})?)?");

  private static final DateTimeFormatter OUT =
      new DateTimeFormatterBuilder()
          .append(DateTimeFormatter.ISO_LOCAL_DATE)
          .appendLiteral(' ')
          .append(DateTimeFormatter.ISO_LOCAL_TIME)
          .toFormatter(Locale.ROOT);

  /** Parts of a format and what they are here, longer ones first. */
  private static final String[][] PARTS = {
    {"YYYY", "uuuu"},
    {"YY", "uu"},
    {"MONTH", "MMMM"},
    {"MON", "MMM"},
    {"MM", "MM"},
    {"MI", "mm"},
    {"DD", "dd"},
    {"HH24", "HH"},
    {"HH12", "hh"},
    {"HH", "HH"},
    {"SS", "ss"},
    {"US", "SSSSSS"},
    {"MS", "SSS"},
    {"AM", "a"},
    {"PM", "a"},
    {"OF", "X"},
    {"TZ", "X"},
  };

  private Times() {}

  static String date(String value, String format) throws BadField {
    String text = value.strip();
    try {
      if (format.isEmpty() || format.equals("auto")) {
        if (text.length() < 10) {
          throw new BadField(1205, "Invalid Date Format - length must be 10 or more");
        }
        boolean auto = format.equals("auto");
        return LocalDate.parse(auto ? text.substring(0, 10) : text).toString();
      }
      return LocalDate.parse(text, formatter(format, false)).toString();
    } catch (DateTimeException e) {
      throw new BadField(1205, "Invalid date format or value");
    }
  }

  static String timestamp(String value, String format, boolean zone) throws BadField {
    String text = value.strip();
    try {
      return switch (format) {
        case "epochsecs" -> epoch(Instant.ofEpochSecond(Long.parseLong(text)), zone);
        case "epochmillisecs" -> epoch(Instant.ofEpochMilli(Long.parseLong(text)), zone);
        case "" -> standard(text, false, zone);
        case "auto" -> standard(text, true, zone);
        default -> formatted(text, format, zone);
      };
    } catch (DateTimeException | NumberFormatException e) {
      throw new BadField(
          1206,
          "Invalid timestamp format or value ["
              + (format.isEmpty() ? "YYYY-MM-DD HH24:MI:SS" : format)
              + "]");
    }
  }

  private static String epoch(Instant instant, boolean zone) {
    return OUT.format(instant.atOffset(ZoneOffset.UTC)) + (zone ? "+00" : "");
  }

  private static String standard(String text, boolean auto, boolean zone) {
    Matcher matcher = STANDARD.matcher(text);
    if (!matcher.matches()) {
      if (auto && text.length() == 10) {
        return OUT.format(LocalDate.parse(text).atStartOfDay());
      }
      throw new DateTimeException("another format");
    }
    boolean saysZone = matcher.group(4) != null;
    if (!auto && (matcher.group(2).equals("T") || (saysZone && !zone))) {
      throw new DateTimeException("for auto only");
    }
    LocalDateTime time = LocalDateTime.parse(matcher.group(1) + "T" + matcher.group(3));
    String offset = zone ? (saysZone ? matcher.group(4) : "+00") : "";
    return OUT.format(time) + offset;
  }

  private static String formatted(String text, String format, boolean zone) {
    TemporalAccessor parsed = formatter(format, true).parse(text);
    LocalDateTime time = LocalDateTime.from(parsed);
    if (!zone) {
      return OUT.format(time);
    }
    ZoneOffset offset = parsed.query(TemporalQueries.offset());
    return OUT.format(time) + (offset == null ? ZoneOffset.UTC : offset);
  }

  private static DateTimeFormatter formatter(String format, boolean time) {
    StringBuilder pattern = new StringBuilder();
    int at = 0;
    while (at < format.length()) {
      String[] part = part(format, at);
      if (part != null) {
        pattern.append(part[1]);
        at += part[0].length();
      } else {
        char c = format.charAt(at++);
        pattern.append(c == '\'' ? "''" : "'" + c + "'");
      }
    }
    DateTimeFormatterBuilder builder =
        new DateTimeFormatterBuilder().parseCaseInsensitive().appendPattern(pattern.toString());
    if (time && pattern.indexOf("S") < 0) {
      builder.optionalStart().appendFraction(ChronoField.NANO_OF_SECOND, 1, 9, true).optionalEnd();
    }
    return builder.toFormatter(Locale.ENGLISH);
  }

  private static String[] part(String format, int at) {
    for (String[] part : PARTS) {
      if (format.regionMatches(true, at, part[0], 0, part[0].length())) {
        return part;
      }
    }
    return null;
  }
}
