package io.millrace.connectors.deadletter;

import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.deadletter.DeadLetterJson;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Dead letters as bytes for services that limit a message's size: a line of JSON as {@link
 * DeadLetterJson} makes it, gzipped where it would not fit otherwise.
 */
public final class LetterFormat {

  /** What a letter may become when it is unpacked: more is no letter of ours. */
  private static final int MAX_BYTES = 16 << 20;

  private LetterFormat() {}

  /** Plain JSON, without a line feed. */
  public static byte[] json(DeadLetter letter) {
    byte[] line = DeadLetterJson.write(letter);
    return Arrays.copyOf(line, line.length - 1);
  }

  /** The same, smaller. */
  public static byte[] gzip(byte[] json) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(json.length / 2 + 64);
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(json);
    } catch (IOException e) {
      throw new UncheckedIOException("in memory", e);
    }
    return bytes.toByteArray();
  }

  /**
   * Reads either form.
   *
   * @return empty if it is no whole letter
   */
  public static Optional<DeadLetter> read(byte[] bytes) {
    if (bytes.length < 2 || (bytes[0] & 0xff) != 0x1f || (bytes[1] & 0xff) != 0x8b) {
      return DeadLetterJson.read(bytes);
    }
    try (GZIPInputStream gzip = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      byte[] json = gzip.readNBytes(MAX_BYTES + 1);
      return json.length > MAX_BYTES ? Optional.empty() : DeadLetterJson.read(json);
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
