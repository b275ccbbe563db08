package io.millrace.connectors.dynamodb;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * What one record does to one row.
 *
 * @param attributes besides the key's, in the order of the mapping
 * @param removed attributes that an update removes
 * @param position sorts as the records of a shard do
 * @param identity of the record
 */
record Write(
    Operation operation,
    ItemKey key,
    Map<String, AttributeValue> attributes,
    List<String> removed,
    String position,
    String identity) {
  Write {
    Objects.requireNonNull(operation, "operation");
    Objects.requireNonNull(key, "key");
    attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
    removed = List.copyOf(removed);
    Objects.requireNonNull(position, "position");
    Objects.requireNonNull(identity, "identity");
  }

  /** Key and attributes. */
  Map<String, AttributeValue> item() {
    Map<String, AttributeValue> item = new LinkedHashMap<>(key.attributes());
    item.putAll(attributes);
    return item;
  }

  /** Of what is sent, roughly. */
  long bytes() {
    return ItemSize.of(key.attributes()) + ItemSize.of(attributes) + position.length();
  }
}
