package io.millrace.cli;

import io.millrace.kcl.deadletter.DeadLetter;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * What the user calls a letter.
 *
 * @param subSequenceNumber null for every record of an aggregate
 */
record LetterPosition(String sequenceNumber, Long subSequenceNumber) {

  static LetterPosition parse(String text) {
    if (!text.matches("[0-9]{1,129}(/[0-9]{1,18})?")) {
      throw new TypeConversionException(
          "'" + text + "' is not allowed; allowed: SEQUENCE or SEQUENCE/SUB, as ls shows them");
    }
    int slash = text.indexOf('/');
    return slash < 0
        ? new LetterPosition(text, null)
        : new LetterPosition(text.substring(0, slash), Long.valueOf(text.substring(slash + 1)));
  }

  boolean matches(DeadLetter letter) {
    return letter.sequenceNumber().equals(sequenceNumber)
        && (subSequenceNumber == null || letter.subSequenceNumber() == subSequenceNumber);
  }

  static String of(DeadLetter letter) {
    return letter.sequenceNumber() + "/" + letter.subSequenceNumber();
  }

  /** For options. */
  static final class Converter implements ITypeConverter<LetterPosition> {
    @Override
    public LetterPosition convert(String text) {
      return parse(text);
    }
  }
}
