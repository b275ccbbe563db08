package io.millrace.cli;

import io.millrace.kcl.deadletter.DeadLetter;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Options that say which letters a command is about. */
final class LetterFilter {

  @Option(names = "--shard", paramLabel = "SHARD", description = "Letters of this shard only.")
  String shard;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      converter = Time.class,
      description = "Letters that were given up at this time or later: 2026-11-22T10:00:00Z.")
  Instant since;

  @Option(
      names = "--only",
      paramLabel = "SEQUENCE[/SUB]",
      converter = LetterPosition.Converter.class,
      description = "This letter only; may be said several times.")
  List<LetterPosition> only = new ArrayList<>();

  boolean takes(DeadLetter letter) {
    return (shard == null || letter.shardId().equals(shard))
        && (since == null || !letter.failedAt().isBefore(since))
        && (only.isEmpty() || only.stream().anyMatch(one -> one.matches(letter)));
  }

  static final class Time implements ITypeConverter<Instant> {
    @Override
    public Instant convert(String text) {
      try {
        return Instant.parse(text);
      } catch (DateTimeException e) {
        throw new TypeConversionException(
            "'" + text + "' is not allowed; allowed: a time such as 2026-11-22T10:00:00Z");
      }
    }
  }
}
