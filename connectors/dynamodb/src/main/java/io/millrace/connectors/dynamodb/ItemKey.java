package io.millrace.connectors.dynamodb;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** The attributes of a row's key; equal if they name the same row. */
record ItemKey(Map<String, AttributeValue> attributes) {
  ItemKey {
    attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
  }
}
