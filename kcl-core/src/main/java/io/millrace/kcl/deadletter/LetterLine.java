package io.millrace.kcl.deadletter;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;

/** A dead letter as one line of JSON. */
final class LetterLine {

  /** A record of Kinesis has at most 10 MiB; a line is at most this long, in bytes. */
  static final int MAX_BYTES = 16 << 20;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxStringLength(MAX_BYTES).build())
          .build();

  private LetterLine() {}

  /** UTF-8, with the line feed. */
  static byte[] write(DeadLetter letter) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(letter.payload().remaining() + 1_024);
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("stream", letter.stream());
      json.writeStringField("shard", letter.shardId());
      json.writeStringField("sequenceNumber", letter.sequenceNumber());
      json.writeNumberField("subSequenceNumber", letter.subSequenceNumber());
      json.writeStringField("partitionKey", letter.partitionKey());
      json.writeStringField("explicitHashKey", letter.explicitHashKey());
      json.writeStringField("arrivedAt", letter.approximateArrival().toString());
      json.writeNumberField("attempts", letter.attempts());
      json.writeStringField("failedAt", letter.failedAt().toString());
      json.writeStringField("errorClass", letter.errorClass());
      json.writeStringField("errorMessage", letter.errorMessage());
      json.writeStringField("stackTrace", letter.stackTrace());
      json.writeStringField("payload", base64(letter.payload()));
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    bytes.write('\n');
    return bytes.toByteArray();
  }

  private static String base64(ByteBuffer payload) {
    byte[] bytes = new byte[payload.remaining()];
    payload.get(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  /** Null if the line is not a whole letter. Fields that are not known are skipped. */
  static DeadLetter read(byte[] line, int length) {
    DeadLetter.Builder letter = DeadLetter.builder();
    Fields fields = new Fields();
    try (JsonParser json = JSON.createParser(line, 0, length)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        if (!fields.take(name, json, letter)) {
          json.skipChildren();
        }
      }
      if (json.currentToken() != JsonToken.END_OBJECT || json.nextToken() != null) {
        return null;
      }
      return letter
          .position(fields.sequenceNumber, fields.subSequenceNumber)
          .error(fields.errorClass, fields.errorMessage, fields.stackTrace)
          .build();
    } catch (IOException | IllegalArgumentException | NullPointerException | DateTimeException e) {
      return null; // torn, or not ours
    }
  }

  /** What goes into the builder together. */
  private static final class Fields {
    private String sequenceNumber;
    private long subSequenceNumber;
    private String errorClass;
    private String errorMessage;
    private String stackTrace;

    private boolean take(String name, JsonParser json, DeadLetter.Builder letter)
        throws IOException {
      switch (name) {
        case "stream" -> letter.stream(text(json));
        case "shard" -> letter.shardId(text(json));
        case "sequenceNumber" -> sequenceNumber = text(json);
        case "subSequenceNumber" -> subSequenceNumber = json.getLongValue();
        case "partitionKey" -> letter.partitionKey(text(json));
        case "explicitHashKey" -> letter.explicitHashKey(text(json));
        case "arrivedAt" -> letter.approximateArrival(Instant.parse(text(json)));
        case "attempts" -> letter.attempts(json.getIntValue());
        case "failedAt" -> letter.failedAt(Instant.parse(text(json)));
        case "errorClass" -> errorClass = text(json);
        case "errorMessage" -> errorMessage = text(json);
        case "stackTrace" -> stackTrace = text(json);
        case "payload" -> letter.payload(ByteBuffer.wrap(json.getBinaryValue()));
        default -> {
          return false;
        }
      }
      return true;
    }

    private static String text(JsonParser json) throws IOException {
      return json.currentToken() == JsonToken.VALUE_NULL ? null : json.getText();
    }
  }
}
