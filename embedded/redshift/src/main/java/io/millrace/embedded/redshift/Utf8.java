package io.millrace.embedded.redshift;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Decodes what may not be UTF-8. */
final class Utf8 {

  private Utf8() {}

  /**
   * The text; null if it is not UTF-8 and there is no replacement.
   *
   * @param replacement in place of each byte that does not belong there; may be null
   */
  static String decode(byte[] bytes, Character replacement) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (replacement == null) {
      try {
        return decoder.decode(in).toString();
      } catch (CharacterCodingException e) {
        return null;
      }
    }
    CharBuffer out = CharBuffer.allocate(bytes.length + 1);
    while (true) {
      CoderResult result = decoder.decode(in, out, true);
      if (!result.isError()) {
        return out.flip().toString();
      }
      for (int i = 0; i < result.length(); i++) {
        in.get();
        out.put(replacement);
      }
    }
  }

  /** As much as can be shown of it. */
  static String forMessage(byte[] bytes) {
    return decode(bytes, '?');
  }
}
