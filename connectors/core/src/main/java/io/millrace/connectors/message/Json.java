package io.millrace.connectors.message;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/**
 * JSON that goes through unchanged: numbers keep all their digits, and nothing may follow the
 * value.
 */
public final class Json {

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .nodeFactory(
              com.fasterxml.jackson.databind.node.JsonNodeFactory.withExactBigDecimals(true))
          .build();

  private Json() {}

  /**
   * One value.
   *
   * @throws IOException if it is anything else, nothing included
   */
  public static JsonNode read(ByteBuffer bytes) throws IOException {
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    JsonNode node = MAPPER.readTree(copy);
    if (node == null || node.isMissingNode()) {
      throw new IOException("there is nothing");
    }
    return node;
  }

  /** For libraries that read JSON of their own, which is to equal what is read here. */
  public static ObjectMapper mapper() {
    return MAPPER.copy();
  }

  /** UTF-8, on one line. */
  public static byte[] write(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where and what, without the text itself. */
  static String describe(IOException e) {
    if (e instanceof JsonProcessingException parsing && parsing.getLocation() != null) {
      return parsing.getOriginalMessage()
          + " (line "
          + parsing.getLocation().getLineNr()
          + ", column "
          + parsing.getLocation().getColumnNr()
          + ")";
    }
    return e.getMessage();
  }
}
