package io.millrace.kcl.aggregation;

import com.google.protobuf.CodedOutputStream;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.kcl.stream.StreamRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes aggregates, well-formed ones and others. */
public final class AggregateWriter {

  private interface Part {
    void to(CodedOutputStream out) throws IOException;
  }

  private final List<String> keys = new ArrayList<>();
  private final List<String> hashKeys = new ArrayList<>();
  private final List<byte[]> records = new ArrayList<>();

  /** Adds a user record; {@code explicitHashKey} may be null. */
  public AggregateWriter add(String partitionKey, String explicitHashKey, String text) {
    return record(
        index(keys, partitionKey),
        explicitHashKey == null ? null : (long) index(hashKeys, explicitHashKey),
        text);
  }

  /** Adds a record as it comes; what is null is left out. */
  AggregateWriter record(Number keyIndex, Long hashKeyIndex, String text) {
    records.add(
        message(
            out -> {
              if (keyIndex != null) {
                out.writeUInt64(1, keyIndex.longValue());
              }
              if (hashKeyIndex != null) {
                out.writeUInt64(2, hashKeyIndex);
              }
              if (text != null) {
                out.writeByteArray(3, text.getBytes(StandardCharsets.UTF_8));
              }
            }));
    return this;
  }

  /** Adds a record's raw bytes. */
  AggregateWriter raw(byte... bytes) {
    records.add(bytes);
    return this;
  }

  AggregateWriter key(String key) {
    keys.add(key);
    return this;
  }

  AggregateWriter hashKey(String key) {
    hashKeys.add(key);
    return this;
  }

  private static int index(List<String> table, String key) {
    if (!table.contains(key)) {
      table.add(key);
    }
    return table.indexOf(key);
  }

  byte[] message() {
    return message(
        out -> {
          for (String key : keys) {
            out.writeString(1, key);
          }
          for (String key : hashKeys) {
            out.writeString(2, key);
          }
          for (byte[] record : records) {
            out.writeByteArray(3, record);
          }
        });
  }

  private static byte[] message(Part part) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      part.to(out);
      out.flush();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Magic bytes, message, digest. */
  static ByteBuffer wrap(byte[] message) {
    return ByteBuffer.allocate(4 + message.length + 16)
        .putInt(0xF3899AC2)
        .put(message)
        .put(AggregateFormat.md5(ByteBuffer.wrap(message)))
        .flip();
  }

  public ByteBuffer payload() {
    return wrap(message());
  }

  public static StreamRecord stored(String partitionKey, long sequence, ByteBuffer payload) {
    return new StreamRecord(
        partitionKey, null, SequenceNumber.of(Long.toString(sequence)), 0, 1_000, "NONE", payload);
  }
}
