package io.millrace.embedded.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import io.millrace.embedded.model.KinesisError;
import io.millrace.embedded.operations.Answer;
import io.millrace.embedded.operations.AnswerWriter;
import io.millrace.embedded.operations.Request;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufInputStream;
import io.netty.buffer.ByteBufOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** The two encodings of the API. They differ in bytes, and in what a timestamp counts. */
@SuppressWarnings("ImmutableEnumChecker") // a configured ObjectMapper does not change
enum WireFormat {
  /** What the AWS SDKs for Java speak; timestamps are tagged milliseconds. */
  CBOR("application/x-amz-cbor-1.1", new CBORFactory()),
  /** What everybody else speaks; timestamps are seconds with a fraction. */
  JSON("application/x-amz-json-1.1", new JsonFactory());

  private static final int EPOCH_TAG = 1;

  /** A record in base64, with room. */
  private static final int MAX_TEXT = 32 * 1024 * 1024;

  private final String contentType;
  private final ObjectMapper mapper;

  WireFormat(String contentType, JsonFactory factory) {
    this.contentType = contentType;
    factory.setStreamReadConstraints(
        StreamReadConstraints.builder().maxStringLength(MAX_TEXT).build());
    this.mapper =
        new ObjectMapper(factory).enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
  }

  /** The format that a Content-Type header names; parameters such as a charset are ignored. */
  static Optional<WireFormat> of(String header) {
    if (header == null) {
      return Optional.empty();
    }
    String type = header.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (type.equals(CBOR.contentType)) {
      return Optional.of(CBOR);
    }
    if (type.equals(JSON.contentType) || type.equals("application/json")) {
      return Optional.of(JSON);
    }
    return Optional.empty();
  }

  String contentType() {
    return contentType;
  }

  /**
   * @throws KinesisError SerializationException if it is not this format
   */
  Request read(ByteBuf content) {
    JsonNode body;
    try (InputStream in = new ByteBufInputStream(content)) {
      body = mapper.readTree(in);
    } catch (IOException e) {
      throw KinesisError.serialization("The request cannot be read as " + this + ".");
    }
    if (body == null || body.isMissingNode()) {
      throw KinesisError.serialization("The request is empty.");
    }
    return new Request(body, this == CBOR);
  }

  void write(Answer answer, ByteBuf buffer) throws IOException {
    try (OutputStream out = new ByteBufOutputStream(buffer);
        JsonGenerator generator = mapper.createGenerator(out)) {
      generator.writeStartObject();
      answer.writeTo(new Writer(generator));
      generator.writeEndObject();
    }
  }

  private record Writer(JsonGenerator out) implements AnswerWriter {
    @Override
    public void text(String field, String value) throws IOException {
      out.writeStringField(field, value);
    }

    @Override
    public void number(String field, long value) throws IOException {
      out.writeNumberField(field, value);
    }

    @Override
    public void bool(String field, boolean value) throws IOException {
      out.writeBooleanField(field, value);
    }

    @Override
    public void blob(String field, byte[] value) throws IOException {
      out.writeBinaryField(field, value);
    }

    @Override
    public void timestamp(String field, long millis) throws IOException {
      out.writeFieldName(field);
      if (out instanceof CBORGenerator cbor) {
        cbor.writeTag(EPOCH_TAG);
        cbor.writeNumber(millis);
      } else {
        out.writeNumber(BigDecimal.valueOf(millis, 3));
      }
    }

    @Override
    public void texts(String field, Collection<String> values) throws IOException {
      out.writeArrayFieldStart(field);
      for (String value : values) {
        out.writeString(value);
      }
      out.writeEndArray();
    }

    @Override
    public <T> void objects(String field, Collection<T> values, Fields<T> each) throws IOException {
      out.writeArrayFieldStart(field);
      for (T value : values) {
        out.writeStartObject();
        each.write(this, value);
        out.writeEndObject();
      }
      out.writeEndArray();
    }

    @Override
    public void object(String field, Answer fields) throws IOException {
      out.writeObjectFieldStart(field);
      fields.writeTo(this);
      out.writeEndObject();
    }
  }
}
