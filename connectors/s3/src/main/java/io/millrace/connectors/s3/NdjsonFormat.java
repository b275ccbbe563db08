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
    int length = buffer.remaining();
    while (length > 0 && isLineBreak(buffer.get(buffer.position() + length - 1))) {
      length--; // many producers end a record with one
    }
    byte[] bytes = new byte[length];
    buffer.get(bytes);
    return isJsonOnOneLine(bytes) ? bytes : Json.write(message.json());
  }

  private static boolean isLineBreak(byte b) {
    return b == '\n' || b == '\r';
  }

  /** Whether it may be copied: one value in UTF-8 without a mark in front, and no line break. */
  private static boolean isJsonOnOneLine(byte[] bytes) {
    if (bytes.length < 2 || bytes[0] <= 0 || bytes[1] == 0) {
      return false;
    }
    try (JsonParser parser = FACTORY.createParser(bytes)) {
      if (parser.nextToken() == null) {
        return false;
      }
      parser.skipChildren();
      // a text or number by itself is looked at only when it is asked for
      parser.finishToken();
      // within a text a line break is no JSON, and those between tokens the parser has counted
      return parser.nextToken() == null && parser.currentLocation().getLineNr() == 1;
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
