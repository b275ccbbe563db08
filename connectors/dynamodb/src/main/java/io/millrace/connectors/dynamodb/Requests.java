package io.millrace.connectors.dynamodb;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.Update;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/**
 * The conditional writes. Pure: the wall clock is an argument.
 *
 * <p>Everything rests on one condition: a row is changed only by a record that comes after the one
 * that changed it last. So a repeat, a late first attempt and a worker that has lost its shard
 * cannot take a row back, and a row that somebody else put, without a position, is taken over.
 */
final class Requests {

  /** Begins the key of a marker; nothing that a record names its row begins with it. */
  static final String MARKER_PREFIX = "$millrace#";

  private static final String MARKER_SORT_KEY = "$millrace";
  private static final String CONDITION = "attribute_not_exists(#seq) OR #seq < :seq";

  /** What {@link io.millrace.connectors.sink.Positions} makes. */
  private static final Pattern POSITION = Pattern.compile("[0-9]{129}\\.[0-9]{20}\\.[0-9]{10}");

  private final String table;
  private final ItemMapping mapping;
  private final OwnAttributes own;
  private final boolean deletes;

  /**
   * @param deletes whether there can be tombstones, which an update then has to lift
   */
  Requests(String table, ItemMapping mapping, OwnAttributes own, boolean deletes) {
    this.table = table;
    this.mapping = mapping;
    this.own = own;
    this.deletes = deletes;
  }

  /** Of the row, or of its tombstone. */
  PutItemRequest put(Write write, long wallMillis) {
    Map<String, AttributeValue> item = new LinkedHashMap<>(write.item());
    item.put(own.seq(), AttributeValue.fromS(write.position()));
    if (write.operation() == Operation.DELETE) {
      item.put(own.deleted(), AttributeValue.fromBool(true));
      item.put(own.ttl(), expiry(wallMillis, own.tombstoneAge().toSeconds()));
    }
    return PutItemRequest.builder()
        .tableName(table)
        .item(item)
        .conditionExpression(CONDITION)
        .expressionAttributeNames(Map.of("#seq", own.seq()))
        .expressionAttributeValues(Map.of(":seq", AttributeValue.fromS(write.position())))
        .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
        .build();
  }

  UpdateItemRequest update(Write write) {
    Expression expression = new Expression();
    expression.names.put("#seq", own.seq());
    expression.values.put(":seq", AttributeValue.fromS(write.position()));
    List<String> sets = new ArrayList<>(List.of("#seq = :seq"));
    write.attributes().forEach((name, value) -> sets.add(expression.set(name, value)));
    List<String> removes = new ArrayList<>();
    write.removed().forEach(name -> removes.add(expression.name(name)));
    liftTombstone(expression, removes);
    return UpdateItemRequest.builder()
        .tableName(table)
        .key(write.key().attributes())
        .updateExpression(clauses(sets, removes, List.of()))
        .conditionExpression(CONDITION)
        .expressionAttributeNames(expression.names)
        .expressionAttributeValues(expression.values)
        .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
        .build();
  }

  /** The addition and the marker that says that it is done: both, or neither. */
  TransactWriteItemsRequest increment(Write write, long wallMillis) {
    Expression expression = new Expression();
    List<String> sets = new ArrayList<>();
    List<String> adds = new ArrayList<>();
    write
        .attributes()
        .forEach(
            (name, value) -> {
              if (value.n() != null) {
                adds.add(expression.add(name, value));
              } else {
                sets.add(expression.set(name, value));
              }
            });
    List<String> removes = new ArrayList<>();
    liftTombstone(expression, removes);
    Update.Builder update =
        Update.builder()
            .tableName(table)
            .key(write.key().attributes())
            .updateExpression(clauses(sets, removes, adds))
            .expressionAttributeNames(expression.names)
            .expressionAttributeValues(expression.values);
    String partitionKey = mapping.partitionKey().attribute();
    Put marker =
        Put.builder()
            .tableName(table)
            .item(marker(write, wallMillis))
            .conditionExpression("attribute_not_exists(#pk)")
            .expressionAttributeNames(Map.of("#pk", partitionKey))
            .build();
    return TransactWriteItemsRequest.builder()
        .transactItems(
            TransactWriteItem.builder().put(marker).build(),
            TransactWriteItem.builder().update(update.build()).build())
        .build();
  }

  private Map<String, AttributeValue> marker(Write write, long wallMillis) {
    Map<String, AttributeValue> item = new LinkedHashMap<>();
    item.put(
        mapping.partitionKey().attribute(),
        textOfType(mapping.partitionKey().type(), MARKER_PREFIX + write.identity()));
    mapping
        .sortKey()
        .ifPresent(
            sortKey -> item.put(sortKey.attribute(), textOfType(sortKey.type(), MARKER_SORT_KEY)));
    item.put(own.ttl(), expiry(wallMillis, own.markerAge().toSeconds()));
    return item;
  }

  private static AttributeValue textOfType(AttributeType type, String text) {
    return switch (type) {
      case N -> AttributeValue.fromN("0");
      case B -> AttributeValue.fromB(SdkBytes.fromUtf8String(text));
      default -> AttributeValue.fromS(text);
    };
  }

  private static AttributeValue expiry(long wallMillis, long seconds) {
    return AttributeValue.fromN(Long.toString(wallMillis / 1_000 + seconds));
  }

  private void liftTombstone(Expression expression, List<String> removes) {
    if (deletes) {
      removes.add(expression.name(own.deleted()));
      removes.add(expression.name(own.ttl()));
    }
  }

  private static String clauses(List<String> sets, List<String> removes, List<String> adds) {
    List<String> clauses = new ArrayList<>();
    if (!sets.isEmpty()) {
      clauses.add("SET " + String.join(", ", sets));
    }
    if (!removes.isEmpty()) {
      clauses.add("REMOVE " + String.join(", ", removes));
    }
    if (!adds.isEmpty()) {
      clauses.add("ADD " + String.join(", ", adds));
    }
    return String.join(" ", clauses);
  }

  /**
   * Whether a row that refused a write did so because of a position.
   *
   * @param old the row as it is; null or empty if it is not known
   * @return why not, if the attribute is somebody else's: nothing can be stored in order then
   */
  String foreignPosition(Map<String, AttributeValue> old) {
    AttributeValue seq = old == null ? null : old.get(own.seq());
    if (seq == null || (seq.s() != null && POSITION.matcher(seq.s()).matches())) {
      return null;
    }
    return "the row has an attribute '"
        + own.seq()
        + "' of type "
        + seq.type()
        + " that is no position of a record: somebody else writes it. Give the sink's own"
        + " another name with 'seqAttribute', or remove it from the row";
  }

  /** Names and values of an expression; all names are aliased, for many are reserved words. */
  private static final class Expression {
    final Map<String, String> names = new LinkedHashMap<>();
    final Map<String, AttributeValue> values = new LinkedHashMap<>();

    String name(String attribute) {
      String alias = "#a" + names.size();
      names.put(alias, attribute);
      return alias;
    }

    String value(AttributeValue value) {
      String alias = ":v" + values.size();
      values.put(alias, value);
      return alias;
    }

    String set(String attribute, AttributeValue value) {
      return name(attribute) + " = " + value(value);
    }

    String add(String attribute, AttributeValue value) {
      return name(attribute) + " " + value(value);
    }
  }
}
