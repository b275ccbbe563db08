package io.millrace.embedded.redshift;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.embedded.redshift.Column.BadField;

/** JSON texts; numbers keep their digits. */
final class Json {

  static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private Json() {}

  /** The text, if it is JSON. */
  static String checked(String text) throws BadField {
    try {
      MAPPER.readTree(text);
      return text;
    } catch (JsonProcessingException e) {
      throw new BadField(1216, "Invalid JSON format");
    }
  }

  /** What a column is given: a string without its quotation marks, other values as written. */
  static String field(JsonNode node, Column.Type type) {
    if (node == null || node.isMissingNode() || node.isNull()) {
      return null;
    }
    if (type == Column.Type.SUPER || node.isContainerNode()) {
      try {
        return MAPPER.writeValueAsString(node);
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("what was read cannot be written", e);
      }
    }
    return node.isBigDecimal() ? node.decimalValue().toPlainString() : node.asText();
  }
}
