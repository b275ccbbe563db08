package io.millrace.embedded.redshift;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** One side of the conversation: messages of PostgreSQL's protocol, version 3. For one thread. */
final class Wire implements Closeable {
  private static final int BUFFER_BYTES = 1 << 16;

  /** What PostgreSQL itself allows at most. */
  private static final int MOST_BYTES = 1 << 30;

  /** The first message of a connection, which has no type. */
  static final byte STARTUP = 0;

  /** A message: its type, and what follows the length. */
  record Message(byte type, byte[] body) {
    boolean is(char expected) {
      return type == expected;
    }

    Fields fields() {
      return new Fields(ByteBuffer.wrap(body));
    }
  }

  /** Reads the body of a message. */
  record Fields(ByteBuffer buffer) {
    String text() {
      int start = buffer.position();
      while (buffer.get() != 0) {
        // to its end
      }
      return new String(
          buffer.array(), start, buffer.position() - 1 - start, StandardCharsets.UTF_8);
    }

    byte octet() {
      return buffer.get();
    }

    int int16() {
      return buffer.getShort();
    }

    int int32() {
      return buffer.getInt();
    }

    byte[] rest() {
      byte[] rest = new byte[buffer.remaining()];
      buffer.get(rest);
      return rest;
    }

    boolean isEmpty() {
      return !buffer.hasRemaining();
    }
  }

  /** Builds the body of a message. */
  static final class Body {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(bytes);

    Body text(String text) {
      return write(
          o -> {
            o.write(text.getBytes(StandardCharsets.UTF_8));
            o.writeByte(0);
          });
    }

    Body octet(int value) {
      return write(o -> o.writeByte(value));
    }

    Body int16(int value) {
      return write(o -> o.writeShort(value));
    }

    Body int32(int value) {
      return write(o -> o.writeInt(value));
    }

    Body raw(byte[] value) {
      return write(o -> o.write(value));
    }

    Message as(char type) {
      return new Message((byte) type, bytes.toByteArray());
    }

    Message asStartup() {
      return new Message(STARTUP, bytes.toByteArray());
    }

    private interface Writing {
      void to(DataOutputStream out) throws IOException;
    }

    private Body write(Writing writing) {
      try {
        writing.to(out);
      } catch (IOException e) {
        throw new UncheckedIOException("into an array", e);
      }
      return this;
    }
  }

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;

  Wire(Socket socket) throws IOException {
    this.socket = socket;
    socket.setTcpNoDelay(true);
    this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES));
    this.out =
        new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), BUFFER_BYTES));
  }

  /** The next message; blocks. */
  Message read() throws IOException {
    byte type = in.readByte();
    return new Message(type, body());
  }

  /** The first message of a connection; blocks. */
  Message readStartup() throws IOException {
    return new Message(STARTUP, body());
  }

  private byte[] body() throws IOException {
    int length = in.readInt();
    if (length < 4 || length > MOST_BYTES) {
      throw new IOException("a message of " + length + " bytes");
    }
    byte[] body = in.readNBytes(length - 4);
    if (body.length < length - 4) {
      throw new EOFException("within a message");
    }
    return body;
  }

  /** Whether something has arrived that was not read. */
  boolean hasInput() throws IOException {
    return in.available() > 0;
  }

  void write(Message message) throws IOException {
    write(message.type(), message.body(), message.body().length);
  }

  void write(byte type, byte[] body, int length) throws IOException {
    if (type != STARTUP) {
      out.writeByte(type);
    }
    out.writeInt(length + 4);
    out.write(body, 0, length);
  }

  /** The one byte that answers the question for encryption. */
  void answer(char answer) throws IOException {
    out.writeByte(answer);
    out.flush();
  }

  void flush() throws IOException {
    out.flush();
  }

  /** Reads until the other side has closed, for a moment at most. */
  void awaitEnd(int millis) {
    try {
      socket.setSoTimeout(millis);
      while (in.read() >= 0) {
        // nobody wants it any more
      }
    } catch (IOException e) {
      // closed the hard way, or not in time
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // nothing is left to do with it
    }
  }
}
