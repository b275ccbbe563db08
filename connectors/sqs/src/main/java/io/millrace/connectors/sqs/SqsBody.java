package io.millrace.connectors.sqs;

import io.millrace.connectors.deadletter.LetterFormat;
import io.millrace.kcl.deadletter.DeadLetter;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * A letter as the text of a message: JSON, or base64 of gzipped JSON where that would be too large,
 * or has characters that SQS refuses.
 */
final class SqsBody {

  private SqsBody() {}

  /** The shorter form is taken only if the plain one does not do. */
  static String write(DeadLetter letter, long maxBytes) {
    byte[] json = LetterFormat.json(letter);
    if (json.length <= maxBytes) {
      String text = new String(json, StandardCharsets.UTF_8);
      if (text.codePoints().allMatch(SqsBody::isAllowed)) {
        return text;
      }
    }
    return Base64.getEncoder().encodeToString(LetterFormat.gzip(json));
  }

  /** Empty if it is no whole letter. */
  static Optional<DeadLetter> read(String body) {
    if (body.startsWith("{")) {
      return LetterFormat.read(body.getBytes(StandardCharsets.UTF_8));
    }
    try {
      return LetterFormat.read(Base64.getDecoder().decode(body));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  static int bytes(String body) {
    return body.getBytes(StandardCharsets.UTF_8).length;
  }

  /** What a message may hold; JSON escapes what is below a space. */
  private static boolean isAllowed(int c) {
    return c == 0x9
        || c == 0xA
        || c == 0xD
        || (c >= 0x20 && c <= 0xD7FF)
        || (c >= 0xE000 && c <= 0xFFFD)
        || (c >= 0x10000 && c <= 0x10FFFF);
  }
}
