package io.millrace.kcl.aggregation;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.lease.HashKeyRange;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

// The format, as the Kinesis Producer Library documents it: four magic bytes, a protobuf
// message, the MD5 of the message.
//
//   AggregatedRecord: 1 repeated string partition key table,
//                     2 repeated string explicit hash key table, 3 repeated Record
//   Record:           1 required uint64 partition key index,
//                     2 optional uint64 explicit hash key index, 3 required bytes data,
//                     4 repeated Tag
//   Tag:              1 required string key, 2 optional string value
//
// It is read with protobuf's CodedInputStream and without generated code. Generated code works
// with the protobuf versions around its own only, and many applications bring a protobuf of
// their own; the stream reader has been the same for ten years.
//
// Whatever is not such a message from the first byte to the last is not an aggregate, and the
// caller delivers it as it is: an index without an entry, a missing field, a hash key that is no
// hash key, no record at all.
/** Reads one payload. */
final class AggregateFormat {

  /**
   * One user record.
   *
   * @param keyIndex of its partition key in the table; equal for equal keys of one aggregate
   * @param explicitHashKey null if it has none
   * @param data a view of the payload
   */
  record UserRecord(int keyIndex, String partitionKey, String explicitHashKey, ByteBuffer data) {}

  private static final int MAGIC = 0xF3899AC2;
  private static final int MAGIC_BYTES = 4;
  private static final int DIGEST_BYTES = 16;
  private static final int MAX_HASH_KEY_DIGITS = 39;

  // field number << 3 | wire type
  private static final int PARTITION_KEY_TABLE = 1 << 3 | 2;
  private static final int EXPLICIT_HASH_KEY_TABLE = 2 << 3 | 2;
  private static final int RECORDS = 3 << 3 | 2;
  private static final int PARTITION_KEY_INDEX = 1 << 3;
  private static final int EXPLICIT_HASH_KEY_INDEX = 2 << 3;
  private static final int DATA = 3 << 3 | 2;
  private static final int TAGS = 4 << 3 | 2;
  private static final int TAG_KEY = 1 << 3 | 2;
  private static final int START_GROUP = 3;
  private static final int END_GROUP = 4;

  private static final long NONE = -1;

  /** A record whose indexes have not been looked up: the tables may come behind it. */
  private record Entry(long keyIndex, long hashKeyIndex, ByteBuffer data) {}

  private final ByteBuffer message;
  private final List<String> partitionKeys = new ArrayList<>();
  private final List<String> explicitHashKeys = new ArrayList<>();
  private final List<Entry> entries = new ArrayList<>();

  private AggregateFormat(ByteBuffer message) {
    this.message = message;
  }

  /** Whether it is worth to look closer. */
  static boolean hasMagic(ByteBuffer payload) {
    return payload.remaining() > MAGIC_BYTES + DIGEST_BYTES
        && payload.getInt(payload.position()) == MAGIC;
  }

  /** The user records of a payload, at least one; null if it is not an aggregate. */
  static List<UserRecord> read(ByteBuffer payload) {
    if (!hasMagic(payload)) {
      return null;
    }
    int start = payload.position() + MAGIC_BYTES;
    int length = payload.remaining() - MAGIC_BYTES - DIGEST_BYTES;
    ByteBuffer message = payload.slice(start, length);
    byte[] digest = md5(message.duplicate());
    if (!ByteBuffer.wrap(digest).equals(payload.slice(start + length, DIGEST_BYTES))) {
      return null;
    }
    try {
      return new AggregateFormat(message).userRecords();
    } catch (IOException e) {
      return null;
    }
  }

  static byte[] md5(ByteBuffer bytes) {
    try {
      MessageDigest digest = MessageDigest.getInstance("MD5");
      digest.update(bytes);
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("This Java has no MD5, which every Java must have", e);
    }
  }

  private List<UserRecord> userRecords() throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(message.duplicate());
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case PARTITION_KEY_TABLE -> partitionKeys.add(in.readString());
        case EXPLICIT_HASH_KEY_TABLE -> explicitHashKeys.add(in.readString());
        case RECORDS -> entries.add(entry(in));
        default -> skip(in, tag);
      }
    }
    if (entries.isEmpty()) {
      throw malformed("no record");
    }
    List<UserRecord> records = new ArrayList<>(entries.size());
    boolean[] checked = new boolean[explicitHashKeys.size()];
    for (Entry entry : entries) {
      String hashKey = null;
      if (entry.hashKeyIndex != NONE) {
        hashKey = lookUp(explicitHashKeys, entry.hashKeyIndex);
        int index = (int) entry.hashKeyIndex;
        if (!checked[index] && !isHashKey(hashKey)) {
          throw malformed("not a hash key");
        }
        checked[index] = true;
      }
      String partitionKey = lookUp(partitionKeys, entry.keyIndex);
      records.add(new UserRecord((int) entry.keyIndex, partitionKey, hashKey, entry.data));
    }
    return records;
  }

  private Entry entry(CodedInputStream in) throws IOException {
    int outer = in.pushLimit(in.readRawVarint32());
    long keyIndex = NONE;
    long hashKeyIndex = NONE;
    ByteBuffer data = null;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case PARTITION_KEY_INDEX -> keyIndex = index(in);
        case EXPLICIT_HASH_KEY_INDEX -> hashKeyIndex = index(in);
        case DATA -> data = bytes(in);
        case TAGS -> checkTag(in);
        default -> skip(in, tag);
      }
    }
    in.popLimit(outer);
    if (keyIndex == NONE || data == null) {
      throw malformed("a record without partition key or data");
    }
    return new Entry(keyIndex, hashKeyIndex, data);
  }

  /** A view of a bytes field: nothing is copied. */
  private ByteBuffer bytes(CodedInputStream in) throws IOException {
    int length = in.readRawVarint32();
    int at = in.getTotalBytesRead();
    in.skipRawBytes(length);
    return message.slice(at, length);
  }

  /** Tags are not used, but have to be what they should be. */
  private static void checkTag(CodedInputStream in) throws IOException {
    int outer = in.pushLimit(in.readRawVarint32());
    boolean hasKey = false;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      hasKey |= tag == TAG_KEY;
      skip(in, tag);
    }
    in.popLimit(outer);
    if (!hasKey) {
      throw malformed("a tag without a key");
    }
  }

  /** An index is unsigned: one above the longs is as much out of the table as any other. */
  private static long index(CodedInputStream in) throws IOException {
    long index = in.readUInt64();
    if (index < 0) {
      throw malformed("index out of the table");
    }
    return index;
  }

  /**
   * Groups, which nest, are in no version of the format: refused, so that nothing here recurses.
   */
  private static void skip(CodedInputStream in, int tag) throws IOException {
    int wireType = tag & 7;
    if (wireType == START_GROUP || wireType == END_GROUP) {
      throw malformed("a group");
    }
    in.skipField(tag);
  }

  private static String lookUp(List<String> table, long index) throws IOException {
    if (index >= table.size()) {
      throw malformed("index out of the table");
    }
    return table.get((int) index);
  }

  private static boolean isHashKey(String text) {
    if (text.isEmpty() || text.length() > MAX_HASH_KEY_DIGITS) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return new BigInteger(text).compareTo(HashKeyRange.MAX) <= 0;
  }

  private static IOException malformed(String why) {
    return new InvalidProtocolBufferException(why);
  }
}
