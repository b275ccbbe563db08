package io.millrace.connectors.s3;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.millrace.connectors.message.Json;
import io.millrace.connectors.message.Message;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * One JSON value a line. A record that is one line already is looked at and copied; only others are
 * read and written anew, which costs several times as much.
 */
record NdjsonFormat(Compression compression) implements ObjectFormat<byte[]> {

  /** A record of Kinesis has at most 10 MiB. */
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxStringLength(16 << 20).build())
          .build();

  @Override
  public byte[] prepare(Message message) {
    ByteBuffer buffer = message.bytes();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return isOneLine(bytes) && isJson(bytes) ? bytes : Json.write(message.json());
  }

  /**
   * Whether it may be copied: UTF-8 without a mark in front, and no line break, not even a last.
   */
  private static boolean isOneLine(byte[] bytes) {
    if (bytes.length < 2 || bytes[0] <= 0 || bytes[1] == 0) {
      return false;
    }
    for (byte b : bytes) {
      if (b == '\n' || b == '\r') {
        return false;
      }
    }
    return true;
  }

  private static boolean isJson(byte[] bytes) {
    try (JsonParser parser = FACTORY.createParser(bytes)) {
      if (parser.nextToken() == null) {
        return false;
      }
      parser.skipChildren();
      // a text or number by itself is looked at only when it is asked for
      parser.finishToken();
      return parser.nextToken() == null;
    } catch (IOException e) {
      return false; // the slower way finds out what is wrong, and says so
    }
  }

  @Override
  public File<byte[]> open(SpillBuffer out) throws IOException {
    OutputStream stream = Compressors.stream(compression, out);
    return new File<>() {
      @Override
      public void write(byte[] line) throws IOException {
        stream.write(line);
        stream.write('\n');
      }

      @Override
      public void close() throws IOException {
        stream.close();
      }
    };
  }
}
