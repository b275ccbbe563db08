package io.millrace.connectors.dynamodb;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Where a value is read from. */
sealed interface Source {

  /** The value; null if it is missing. */
  JsonNode read(RecordView record);

  /** A field of the JSON object. */
  record Field(String text, JsonPointer pointer) implements Source {
    @Override
    public JsonNode read(RecordView record) {
      JsonNode node = record.object().at(pointer);
      return node.isMissingNode() ? null : node;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** A text that is the same for all. */
  record Constant(String value) implements Source {
    @Override
    public JsonNode read(RecordView record) {
      return TextNode.valueOf(value);
    }

    @Override
    public String toString() {
      return "=" + value;
    }
  }

  /** Something known of the record. */
  record Known(What what) implements Source {
    @Override
    public JsonNode read(RecordView record) {
      return switch (what) {
        case STREAM -> TextNode.valueOf(record.stream());
        case SHARD_ID -> TextNode.valueOf(record.shardId());
        case SEQUENCE_NUMBER -> TextNode.valueOf(record.item().record().getSequenceNumber());
        case SUB_SEQUENCE_NUMBER -> LongNode.valueOf(record.item().record().getSubSequenceNumber());
        case ORDINAL -> LongNode.valueOf(record.item().ordinal());
        case POSITION -> TextNode.valueOf(record.position());
        case IDENTITY -> TextNode.valueOf(record.identity());
        case PARTITION_KEY -> TextNode.valueOf(record.item().record().getPartitionKey());
        case ARRIVAL_MILLIS ->
            LongNode.valueOf(
                record.item().record().getApproximateArrivalTimestamp().toEpochMilli());
        case PAYLOAD -> {
          ByteBuffer bytes = record.item().value().bytes();
          byte[] copy = new byte[bytes.remaining()];
          bytes.get(copy);
          yield BinaryNode.valueOf(copy);
        }
      };
    }

    /** Whether no two records have the same. */
    boolean isIdentity() {
      return what == What.POSITION || what == What.IDENTITY;
    }

    @Override
    public String toString() {
      return what.text();
    }
  }

  /** What is known of a record. */
  enum What {
    STREAM("$stream"),
    SHARD_ID("$shardId"),
    SEQUENCE_NUMBER("$sequenceNumber"),
    SUB_SEQUENCE_NUMBER("$subSequenceNumber"),
    ORDINAL("$ordinal"),
    POSITION("$position"),
    IDENTITY("$identity"),
    PARTITION_KEY("$partitionKey"),
    ARRIVAL_MILLIS("$arrivalMillis"),
    PAYLOAD("$payload");

    private final String text;

    What(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  /**
   * See {@link AttributeMapping#field}.
   *
   * @throws IllegalArgumentException that says what is allowed
   */
  static Source parse(String text) {
    if (text.startsWith("=")) {
      return new Constant(text.substring(1));
    }
    if (text.startsWith("$")) {
      for (What what : What.values()) {
        if (what.text().equals(text)) {
          return new Known(what);
        }
      }
      throw new IllegalArgumentException(
          "'"
              + text
              + "' is not known of a record; allowed: "
              + Arrays.stream(What.values()).map(What::text).collect(Collectors.joining(", "))
              + ", and fields, whose names do not begin with $ unless they are written as "
              + "/name");
    }
    if (text.isBlank() || text.startsWith(".") || text.endsWith(".") || text.contains("..")) {
      throw new IllegalArgumentException(
          "'" + text + "' is no field; allowed: name, outer.inner, or /outer/inner");
    }
    if (text.startsWith("/")) {
      return new Field(text, JsonPointer.compile(text));
    }
    return new Field(
        text,
        JsonPointer.compile("/" + text.replace("~", "~0").replace("/", "~1").replace('.', '/')));
  }
}
