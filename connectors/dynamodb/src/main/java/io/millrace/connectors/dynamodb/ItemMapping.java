package io.millrace.connectors.dynamodb;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.connectors.message.MalformedMessageException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * What of a record goes into which attribute of a row, and which attributes are its key.
 *
 * <p>Immutable.
 */
public final class ItemMapping {

  private static final int LONGEST_PARTITION_KEY = 2048;
  private static final int LONGEST_SORT_KEY = 1024;

  private final AttributeMapping partitionKey;
  private final AttributeMapping sortKey;
  private final List<AttributeMapping> others;
  private final boolean allFields;

  private ItemMapping(Builder builder) {
    allFields = builder.attributes.isEmpty() || builder.everyField;
    partitionKey = builder.keyMapping("partitionKey", builder.partitionKey);
    sortKey = builder.sortKey == null ? null : builder.keyMapping("sortKey", builder.sortKey);
    if (sortKey != null && sortKey.attribute().equals(partitionKey.attribute())) {
      throw new RefusedSetting(
          "sortKey", "it is the partition key too, '" + partitionKey.attribute() + "'");
    }
    List<AttributeMapping> rest = new ArrayList<>(builder.attributes.values());
    rest.removeIf(mapping -> isKey(mapping.attribute()));
    others = List.copyOf(rest);
  }

  /**
   * Starts with the key.
   *
   * @param partitionKey the attribute's name; of the field of that name and of type S, unless it is
   *     among the {@link Builder#attribute attributes}
   */
  public static Builder builder(String partitionKey) {
    return new Builder(partitionKey);
  }

  /** Not thread-safe. Without any attribute every field of the record becomes one. */
  public static final class Builder {
    private final String partitionKey;
    private String sortKey;
    private final Map<String, AttributeMapping> attributes = new LinkedHashMap<>();
    private boolean everyField;

    private Builder(String partitionKey) {
      this.partitionKey = Objects.requireNonNull(partitionKey, "partitionKey");
    }

    /** None by default, as for the partition key. */
    public Builder sortKey(String newSortKey) {
      sortKey = Objects.requireNonNull(newSortKey, "sortKey");
      return this;
    }

    /**
     * Adds one.
     *
     * @throws IllegalArgumentException if the attribute is there already
     */
    public Builder attribute(AttributeMapping mapping) {
      if (attributes.putIfAbsent(mapping.attribute(), mapping) != null) {
        throw new RefusedSetting(
            "attributes", "attribute '" + mapping.attribute() + "' is there twice");
      }
      return this;
    }

    /** Every field becomes the attribute of its name, besides those that are mapped. */
    public Builder everyField() {
      everyField = true;
      return this;
    }

    /**
     * @throws IllegalArgumentException if the parts do not go together
     */
    public ItemMapping build() {
      return new ItemMapping(this);
    }

    private AttributeMapping keyMapping(String setting, String attribute) {
      AttributeMapping mapping = attributes.get(attribute);
      if (mapping == null) {
        mapping =
            RefusedSetting.naming(
                setting,
                () ->
                    new AttributeMapping(
                        attribute,
                        "/" + attribute.replace("~", "~0").replace("/", "~1"),
                        AttributeType.S,
                        true));
      }
      if (mapping.type() == AttributeType.ANY) {
        return new AttributeMapping(attribute, mapping.field(), AttributeType.S, true);
      }
      if (!mapping.type().fitsKey()) {
        throw new RefusedSetting(
            "attributes",
            "attribute '"
                + attribute
                + "' is a part of the key and of type "
                + mapping.type()
                + "; a key's may be S, N or B");
      }
      return mapping;
    }
  }

  AttributeMapping partitionKey() {
    return partitionKey;
  }

  Optional<AttributeMapping> sortKey() {
    return Optional.ofNullable(sortKey);
  }

  /** Those that are named, besides the key's. */
  List<AttributeMapping> others() {
    return others;
  }

  boolean isAllFields() {
    return allFields;
  }

  Optional<AttributeMapping> find(String attribute) {
    return others.stream().filter(other -> other.attribute().equals(attribute)).findFirst();
  }

  boolean isKey(String attribute) {
    return attribute.equals(partitionKey.attribute())
        || (sortKey != null && attribute.equals(sortKey.attribute()));
  }

  /** Whether no two records have the same key. */
  boolean keyIsIdentity() {
    return isIdentity(partitionKey) || (sortKey != null && isIdentity(sortKey));
  }

  private static boolean isIdentity(AttributeMapping mapping) {
    // a number cannot hold all the digits
    return mapping.type() != AttributeType.N
        && mapping.source() instanceof Source.Known known
        && known.isIdentity();
  }

  /**
   * @param own names that the sink itself writes; a record may not have fields of these names where
   *     every field becomes an attribute
   * @throws MalformedMessageException if the record does not fit
   */
  Write apply(RecordView record, Operation operation, List<String> own) {
    Map<String, AttributeValue> key = new LinkedHashMap<>();
    key.put(partitionKey.attribute(), keyValue(record, partitionKey, LONGEST_PARTITION_KEY));
    if (sortKey != null) {
      key.put(sortKey.attribute(), keyValue(record, sortKey, LONGEST_SORT_KEY));
    }
    Map<String, AttributeValue> attributes = new LinkedHashMap<>();
    List<String> removed = new ArrayList<>();
    if (operation != Operation.DELETE) {
      if (allFields) {
        everyField(record, operation, own, attributes, removed);
      }
      mapped(record, operation, attributes, removed);
    }
    Write write =
        new Write(
            operation,
            new ItemKey(key),
            attributes,
            operation == Operation.UPDATE ? removed : List.of(),
            record.position(),
            record.identity());
    if (write.bytes() > ItemSize.MOST_BYTES) {
      throw new MalformedMessageException(
          "the item has about "
              + write.bytes()
              + " bytes, names included; allowed: "
              + ItemSize.MOST_BYTES
              + " (400 KB); map fewer fields, or keep the payload elsewhere");
    }
    return write;
  }

  private void mapped(
      RecordView record,
      Operation operation,
      Map<String, AttributeValue> attributes,
      List<String> removed) {
    for (AttributeMapping mapping : others) {
      JsonNode value = mapping.source().read(record);
      Optional<AttributeValue> converted =
          Conversions.convert(describe(mapping), value, mapping.type());
      if (converted.isPresent()) {
        attributes.put(mapping.attribute(), converted.get());
      } else if (mapping.required() && (value == null || operation == Operation.PUT)) {
        throw new MalformedMessageException(
            describe(mapping) + " is " + Conversions.kindOf(value) + "; it is required");
      } else if (value != null) {
        removed.add(mapping.attribute());
      }
    }
    if (operation == Operation.INCREMENT && attributes.isEmpty()) {
      throw new MalformedMessageException(
          "nothing of the record is to be added; allowed: at least one field of "
              + others.stream().map(AttributeMapping::field).toList());
    }
  }

  private void everyField(
      RecordView record,
      Operation operation,
      List<String> own,
      Map<String, AttributeValue> attributes,
      List<String> removed) {
    for (Map.Entry<String, JsonNode> entry : record.object().properties()) {
      String name = entry.getKey();
      if (isKey(name) || find(name).isPresent()) {
        continue;
      }
      if (own.contains(name)) {
        throw new MalformedMessageException(
            "field '"
                + name
                + "' has the name of an attribute that the sink writes; map the fields by"
                + " 'attributes', or give the sink's attribute another name");
      }
      try {
        AttributeMapping.requireName(name);
      } catch (IllegalArgumentException e) {
        throw new MalformedMessageException("field " + e.getMessage(), e);
      }
      Optional<AttributeValue> value =
          Conversions.convert("field '" + name + "'", entry.getValue(), AttributeType.ANY);
      if (value.isPresent()) {
        attributes.put(name, value.get());
      } else if (operation == Operation.UPDATE) {
        removed.add(name);
      }
    }
  }

  private static AttributeValue keyValue(
      RecordView record, AttributeMapping mapping, int longestBytes) {
    String what = describe(mapping) + " of the key";
    JsonNode node = mapping.source().read(record);
    AttributeValue value =
        Conversions.convert(what, node, mapping.type())
            .orElseThrow(
                () ->
                    new MalformedMessageException(
                        what
                            + " is "
                            + Conversions.kindOf(node)
                            + "; allowed: a value of type "
                            + mapping.type()
                            + ", for the key has to be whole"));
    long bytes = ItemSize.of(value);
    if (bytes == 0) {
      throw new MalformedMessageException(
          what + " is empty; allowed: 1 to " + longestBytes + " bytes");
    }
    if (bytes > longestBytes) {
      throw new MalformedMessageException(
          what + " has " + bytes + " bytes; allowed: 1 to " + longestBytes);
    }
    return value;
  }

  private static String describe(AttributeMapping mapping) {
    String field = mapping.source().toString();
    String plain = field.startsWith("/") ? field.substring(1) : field;
    return "field '"
        + plain
        + "'"
        + (plain.equals(mapping.attribute()) ? "" : " for attribute '" + mapping.attribute() + "'");
  }
}
