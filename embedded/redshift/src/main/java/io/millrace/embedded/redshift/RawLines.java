package io.millrace.embedded.redshift;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/** Cuts a file into records, which are lines, except where a line break belongs to a field. */
final class RawLines implements Closeable {

  /** The longest row that Redshift takes. */
  static final int MOST_BYTES = 4 << 20;

  private static final int BUFFER_BYTES = 1 << 16;
  private static final int NONE = -1;

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private final ByteArrayOutputStream record = new ByteArrayOutputStream();
  private final int delimiter;
  private final int quote;
  private final int escape;
  private int at;
  private int end;
  private long line = 1;
  private long start;

  private RawLines(InputStream in, int delimiter, int quote, int escape) {
    this.in = in;
    this.delimiter = delimiter;
    this.quote = quote;
    this.escape = escape;
  }

  static RawLines plain(InputStream in) {
    return new RawLines(in, NONE, NONE, NONE);
  }

  /** Line breaks between two quotation marks are part of a field. */
  static RawLines quoted(InputStream in, char delimiter, char quote) {
    return new RawLines(in, delimiter, quote, NONE);
  }

  /** Line breaks after the escape character are part of a field. */
  static RawLines escaped(InputStream in, char escape) {
    return new RawLines(in, NONE, NONE, escape);
  }

  /** The line on which the last record began, from 1. */
  long line() {
    return start;
  }

  /** The next record without its line break, null at the end. */
  byte[] next() throws IOException {
    record.reset();
    start = line;
    boolean inQuotes = false;
    boolean escaped = false;
    boolean fieldBegins = true;
    boolean closed = false;
    boolean any = false;
    for (int b = read(); b >= 0; b = read()) {
      any = true;
      if (b == '\n') {
        line++;
        if (!inQuotes && !escaped) {
          return withoutCarriageReturn();
        }
      }
      // one within a field that did not begin with one opens nothing; two are one
      boolean opens = b == quote && !inQuotes && (fieldBegins || closed);
      closed = b == quote && inQuotes;
      inQuotes = opens || (inQuotes && !closed);
      fieldBegins = b == delimiter;
      escaped = b == escape && !escaped;
      if (record.size() == MOST_BYTES) {
        throw new Refusal(
            Refusal.INTERNAL_ERROR, "The row at line " + start + " is larger than 4 MB");
      }
      record.write(b);
    }
    return any ? withoutCarriageReturn() : null;
  }

  private byte[] withoutCarriageReturn() {
    byte[] bytes = record.toByteArray();
    if (bytes.length > 0 && bytes[bytes.length - 1] == '\r') {
      return java.util.Arrays.copyOf(bytes, bytes.length - 1);
    }
    return bytes;
  }

  private int read() throws IOException {
    if (at == end) {
      end = in.read(buffer);
      at = 0;
      if (end <= 0) {
        end = 0;
        return -1;
      }
    }
    return buffer[at++] & 0xff;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
