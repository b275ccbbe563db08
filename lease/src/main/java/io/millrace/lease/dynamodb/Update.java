package io.millrace.lease.dynamodb;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/**
 * One conditional update of one row, while it is put together. Names and values always go through
 * placeholders, so that neither a reserved word nor a session id can change an expression.
 */
final class Update {

  private final String key;
  private final Map<String, String> names = new HashMap<>();
  private final Map<String, AttributeValue> values = new HashMap<>();
  private final List<String> sets = new ArrayList<>();
  private final List<String> removes = new ArrayList<>();
  private final List<String> adds = new ArrayList<>();
  private final List<String> conditions = new ArrayList<>();

  private Update(String key) {
    this.key = key;
  }

  static Update of(String key) {
    return new Update(key);
  }

  static AttributeValue text(String value) {
    return AttributeValue.fromS(value);
  }

  static AttributeValue number(long value) {
    return AttributeValue.fromN(Long.toString(value));
  }

  /** The row's key. */
  String key() {
    return key;
  }

  Update set(String path, AttributeValue value) {
    sets.add(path(path) + " = " + value(value));
    return this;
  }

  Update setEntry(String map, String entry, AttributeValue value) {
    sets.add(entry(map, entry) + " = " + value(value));
    return this;
  }

  Update removeEntry(String map, String entry) {
    removes.add(entry(map, entry));
    return this;
  }

  Update remove(String... attributes) {
    for (String attribute : attributes) {
      removes.add(path(attribute));
    }
    return this;
  }

  /** Adds to a number, or sets it where there is none. */
  Update add(String attribute, long amount) {
    adds.add(path(attribute) + " " + value(number(amount)));
    return this;
  }

  /** Adds a clause; the update happens if all of them hold. */
  Update when(String clause) {
    conditions.add("(" + clause + ")");
    return this;
  }

  Update whenEqual(String attribute, AttributeValue value) {
    return when(path(attribute) + " = " + value(value));
  }

  Update whenPresent(String attribute) {
    return when("attribute_exists(" + path(attribute) + ")");
  }

  Update whenAbsent(String attribute) {
    return when("attribute_not_exists(" + path(attribute) + ")");
  }

  /** The placeholder of an attribute. */
  String path(String attribute) {
    names.put("#" + attribute, attribute);
    return "#" + attribute;
  }

  /** The path to an entry of a map, whose key may hold any character. */
  String entry(String map, String entry) {
    names.put("#entry", entry);
    return path(map) + ".#entry";
  }

  /** The placeholder of a value. */
  String value(AttributeValue value) {
    String name = ":v" + values.size();
    values.put(name, value);
    return name;
  }

  UpdateItemRequest.Builder request(String table) {
    List<String> clauses = new ArrayList<>();
    addClause(clauses, "SET ", sets);
    addClause(clauses, "REMOVE ", removes);
    addClause(clauses, "ADD ", adds);
    return UpdateItemRequest.builder()
        .tableName(table)
        .key(Map.of(LeaseItems.KEY, text(key)))
        .updateExpression(String.join(" ", clauses))
        .conditionExpression(String.join(" AND ", conditions))
        .expressionAttributeNames(names)
        .expressionAttributeValues(values.isEmpty() ? null : values)
        .returnValues(ReturnValue.ALL_NEW)
        .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD);
  }

  private static void addClause(List<String> clauses, String keyword, List<String> parts) {
    if (!parts.isEmpty()) {
      clauses.add(keyword + String.join(", ", parts));
    }
  }
}
