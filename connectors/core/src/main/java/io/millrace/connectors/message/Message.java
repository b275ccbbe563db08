package io.millrace.connectors.message;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.kcl.Record;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Objects;

/**
 * A record on its way through a pipeline that was put together without code: the bytes, or the JSON
 * value, that the steps so far have made of its payload. Immutable; bytes and JSON are made of each
 * other when they are asked for.
 */
public final class Message {

  private final Record record;
  private final byte[] bytes;
  private final JsonNode json;
  private volatile JsonNode parsed;

  private Message(Record record, byte[] bytes, JsonNode json) {
    this.record = Objects.requireNonNull(record, "record");
    this.bytes = bytes;
    this.json = json;
  }

  /** The payload as it came. */
  public static Message of(Record record) {
    return new Message(record, null, null);
  }

  /** The record as it came from the stream: its keys, position and time. */
  public Record record() {
    return record;
  }

  /** Whether a step has made a JSON value of it: then {@link #bytes} writes that, on one line. */
  public boolean isJson() {
    return json != null;
  }

  /** A fresh read-only buffer at every call, positioned at the start. */
  public ByteBuffer bytes() {
    if (json != null) {
      return ByteBuffer.wrap(Json.write(json)).asReadOnlyBuffer();
    }
    return bytes == null ? record.getData() : ByteBuffer.wrap(bytes).asReadOnlyBuffer();
  }

  /**
   * The bytes as one JSON value, which is kept for whoever asks next; not to be changed by the
   * caller.
   *
   * @throws MalformedMessageException if they are no JSON: the message says where
   */
  public JsonNode json() {
    JsonNode known = readJson();
    if (json == null) {
      parsed = known;
    }
    return known;
  }

  /**
   * The same for who asks last, a sink: a value that was not there before is not kept. A tree takes
   * many times the memory of its bytes, and what is made of a message after its {@link #weight} was
   * asked nobody counts.
   *
   * @throws MalformedMessageException if they are no JSON: the message says where
   */
  public JsonNode readJson() {
    if (json != null) {
      return json;
    }
    JsonNode known = parsed;
    if (known != null) {
      return known;
    }
    try {
      return Json.read(bytes());
    } catch (IOException e) {
      throw new MalformedMessageException("not JSON: " + Json.describe(e), e);
    }
  }

  /**
   * The same record with other bytes.
   *
   * @param bytes not copied, so nobody may change them
   */
  public Message withBytes(byte[] bytes) {
    return new Message(record, Objects.requireNonNull(bytes, "bytes"), null);
  }

  /**
   * The same record with a JSON value.
   *
   * @param json not copied, so nobody may change it
   */
  public Message withJson(JsonNode json) {
    return new Message(record, null, Objects.requireNonNull(json, "json"));
  }

  /**
   * About how many bytes of memory this takes up besides the record's payload: what steps have made
   * of it.
   */
  public long weight() {
    long weight = bytes == null ? 0 : bytes.length;
    if (json != null) {
      weight += weigh(json);
    }
    JsonNode known = parsed;
    return known == null ? weight : weight + weigh(known);
  }

  /** Objects of a 64-bit JVM with compressed pointers, roughly. */
  private static long weigh(JsonNode node) {
    long weight = 32;
    if (node.isContainerNode()) {
      weight += 64;
      for (JsonNode element : node) {
        weight += 16 + weigh(element);
      }
      for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
        weight += 80 + names.next().length();
      }
    } else if (node.isTextual()) {
      weight += 40 + 2L * node.textValue().length();
    } else if (node.isNumber()) {
      weight += 64;
    }
    return weight;
  }

  /** The record; never the payload. */
  @Override
  public String toString() {
    return "Message of " + record;
  }
}
