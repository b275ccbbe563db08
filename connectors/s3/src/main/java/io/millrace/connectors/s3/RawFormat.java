package io.millrace.connectors.s3;

import io.millrace.connectors.message.Message;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** The bytes of the records, and a delimiter behind each. */
record RawFormat(Compression compression, byte[] delimiter) implements ObjectFormat<ByteBuffer> {

  @Override
  public ByteBuffer prepare(Message message) {
    return message.bytes();
  }

  @Override
  public File<ByteBuffer> open(SpillBuffer out) throws IOException {
    OutputStream stream = Compressors.stream(compression, out);
    byte[] chunk = new byte[8 << 10];
    return new File<>() {
      @Override
      public void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
          int part = Math.min(chunk.length, bytes.remaining());
          bytes.get(chunk, 0, part);
          stream.write(chunk, 0, part);
        }
        stream.write(delimiter);
      }

      @Override
      public void close() throws IOException {
        stream.close();
      }
    };
  }
}
