package io.millrace.connectors.transform;

import io.millrace.connectors.config.Key;
import io.millrace.connectors.message.MalformedMessageException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** Unpacks what somebody else packed, and no more of it than is allowed. */
final class Unpacking {

  static final Key<Long> MAX_BYTES =
      Key.bytes("maxBytes", 1 << 10, 1 << 30)
          .withDefault(10L << 20)
          .describedAs("A message that unpacks to more becomes a dead letter.");

  private Unpacking() {}

  /** Makes the stream that unpacks. */
  @FunctionalInterface
  interface Opener {
    InputStream open(InputStream packed) throws IOException;
  }

  /**
   * All of it.
   *
   * @throws MalformedMessageException if it is not packed like this, ends too early, or is larger
   */
  static byte[] unpack(String step, ByteBuffer packed, Opener opener, long maxBytes) {
    byte[] bytes = new byte[packed.remaining()];
    packed.get(bytes);
    try (InputStream in = opener.open(new ByteArrayInputStream(bytes))) {
      byte[] unpacked = in.readNBytes((int) maxBytes);
      if (unpacked.length == maxBytes && in.read() >= 0) {
        throw new MalformedMessageException(
            step + ": it unpacks to more than " + Key.sizeText(maxBytes) + " (maxBytes)");
      }
      return unpacked;
    } catch (IOException e) {
      throw new MalformedMessageException(
          step + ": it cannot be unpacked: " + (e.getMessage() == null ? e : e.getMessage()), e);
    }
  }
}
