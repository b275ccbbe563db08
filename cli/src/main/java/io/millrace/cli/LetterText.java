package io.millrace.cli;

import io.millrace.kcl.deadletter.DeadLetter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;

/** Letters as text for a terminal: nothing in them may move its cursor. */
final class LetterText {

  private static final int KEY_CHARACTERS = 40;
  private static final int ERROR_CHARACTERS = 120;
  private static final int HEX_BYTES = 16;

  private LetterText() {}

  static String line(DeadLetter letter) {
    return String.join(
        "  ",
        letter.stream(),
        letter.shardId(),
        LetterPosition.of(letter),
        shortened(visible(letter.partitionKey()), KEY_CHARACTERS),
        letter.approximateArrival().toString(),
        letter.attempts() + (letter.attempts() == 1 ? " attempt" : " attempts"),
        shortened(error(letter), ERROR_CHARACTERS));
  }

  /** Its class and the first line of its message. */
  static String error(DeadLetter letter) {
    String type = letter.errorClass() == null ? "no error" : letter.errorClass();
    String message =
        letter.errorMessage() == null
            ? ""
            : letter.errorMessage().lines().findFirst().map(first -> ": " + first).orElse("");
    return visible(type.substring(type.lastIndexOf('.') + 1) + message);
  }

  static byte[] payload(DeadLetter letter) {
    ByteBuffer payload = letter.payload();
    byte[] bytes = new byte[payload.remaining()];
    payload.get(bytes);
    return bytes;
  }

  /** Empty if it is not UTF-8, or holds characters that control a terminal. */
  static Optional<String> text(byte[] payload) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload)).toString();
      return text.codePoints().allMatch(c -> c == '\n' || c == '\t' || c == '\r' || !controls(c))
          ? Optional.of(text)
          : Optional.empty();
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  /** Sixteen bytes a line, behind the offset of the first. */
  static String hex(byte[] payload) {
    StringBuilder hex = new StringBuilder();
    for (int from = 0; from < payload.length; from += HEX_BYTES) {
      int to = Math.min(payload.length, from + HEX_BYTES);
      hex.append(String.format("%08x  ", from))
          .append(HexFormat.ofDelimiter(" ").formatHex(payload, from, to))
          .append('\n');
    }
    return hex.toString();
  }

  /** One line, in which nothing controls a terminal. */
  static String visible(String text) {
    StringBuilder visible = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              if (controls(c)) {
                visible.append(String.format("\\u%04x", c));
              } else {
                visible.appendCodePoint(c);
              }
            });
    return visible.toString();
  }

  private static boolean controls(int c) {
    int type = Character.getType(c);
    return type == Character.CONTROL
        || type == Character.FORMAT
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR;
  }

  private static String shortened(String text, int most) {
    return text.codePointCount(0, text.length()) <= most
        ? text
        : text.substring(0, text.offsetByCodePoints(0, most - 1)) + "…";
  }
}
