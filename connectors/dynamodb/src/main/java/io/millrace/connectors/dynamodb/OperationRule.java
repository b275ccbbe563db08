package io.millrace.connectors.dynamodb;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.connectors.message.MalformedMessageException;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Chooses the operation of a record: always the same one, or by what a field of it says.
 *
 * <p>Immutable.
 */
public final class OperationRule {

  private final Operation always;
  private final Source field;
  private final Map<String, Operation> byText;

  private OperationRule(Operation always, Source field, Map<String, Operation> byText) {
    this.always = always;
    this.field = field;
    this.byText = byText;
  }

  public static OperationRule always(Operation operation) {
    return new OperationRule(Objects.requireNonNull(operation, "operation"), null, Map.of());
  }

  /**
   * By a field; a record in which it is missing, or says something else, is a dead letter.
   *
   * @param field as in {@link AttributeMapping}
   * @param byText the operation for each text that the field may hold; not empty
   */
  public static OperationRule byField(String field, Map<String, Operation> byText) {
    if (byText.isEmpty()) {
      throw new RefusedSetting(
          "operations", "it is empty: name the operation for each text of field '" + field + "'");
    }
    return new OperationRule(
        null,
        RefusedSetting.naming("operationField", () -> Source.parse(field)),
        Collections.unmodifiableMap(new LinkedHashMap<>(byText)));
  }

  /** What it can come to. */
  Set<Operation> possible() {
    return always == null ? EnumSet.copyOf(byText.values()) : EnumSet.of(always);
  }

  Operation choose(RecordView record) {
    if (always != null) {
      return always;
    }
    JsonNode value = field.read(record);
    if (value == null || !value.isValueNode() || value.isNull()) {
      throw new MalformedMessageException(
          "field '"
              + field
              + "' chooses the operation and is "
              + Conversions.kindOf(value)
              + "; allowed: "
              + String.join(", ", byText.keySet()));
    }
    Operation operation = byText.get(value.asText());
    if (operation == null) {
      throw new MalformedMessageException(
          "field '"
              + field
              + "' chooses the operation and says '"
              + Conversions.shortened(value.asText())
              + "'; allowed: "
              + String.join(", ", byText.keySet()));
    }
    return operation;
  }

  /** In words. */
  @Override
  public String toString() {
    if (always != null) {
      return always.name().toLowerCase(java.util.Locale.ROOT);
    }
    StringBuilder text = new StringBuilder("by field '").append(field).append("' (");
    String comma = "";
    for (Map.Entry<String, Operation> entry : byText.entrySet()) {
      text.append(comma)
          .append(entry.getKey())
          .append(": ")
          .append(entry.getValue().name().toLowerCase(java.util.Locale.ROOT));
      comma = ", ";
    }
    return text.append(")").toString();
  }
}
