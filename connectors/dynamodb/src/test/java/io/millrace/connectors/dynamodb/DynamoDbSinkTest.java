package io.millrace.connectors.dynamodb;

import static io.millrace.connectors.dynamodb.Items.item;
import static io.millrace.connectors.dynamodb.Items.range;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Outcome;
import io.millrace.connectors.sink.Positions;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.SinkException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

class DynamoDbSinkTest {

  private static final long NOW_SECONDS = System.currentTimeMillis() / 1_000;

  private final String table = Local.newName();
  private final List<DynamoDbSink> open = new ArrayList<>();

  @AfterEach
  void close() {
    open.forEach(DynamoDbSink::close);
  }

  @Test
  void a_record_becomes_a_row_with_its_position() {
    DynamoDbSink sink = sink(builder(all()));
    assertThat(deliver(sink, item(7, "{'id':'a','n':1}"))).containsExactly(Outcome.delivered());
    assertThat(row("a"))
        .isEqualTo(
            Map.of(
                "id", AttributeValue.fromS("a"),
                "n", AttributeValue.fromN("1"),
                "_seq", AttributeValue.fromS(Positions.sortable(item(7, "{}")))));
  }

  @Test
  void two_records_of_one_aggregate_for_one_row_both_land_in_order() {
    DynamoDbSink sink = sink(builder(all()).operation(OperationRule.always(Operation.UPDATE)));
    assertThat(
            deliver(
                sink,
                item(7, 0, "{'id':'a','first':1,'last':1}"),
                item(7, 1, "{'id':'a','second':2,'last':2}")))
        .containsExactly(Outcome.delivered(), Outcome.delivered());
    assertThat(row("a"))
        .containsEntry("first", AttributeValue.fromN("1"))
        .containsEntry("second", AttributeValue.fromN("2"))
        .containsEntry("last", AttributeValue.fromN("2"));
  }

  @Test
  void a_repeat_and_an_older_record_are_duplicates_and_change_nothing() {
    DynamoDbSink sink = sink(builder(all()));
    deliver(sink, item(7, "{'id':'a','n':7}"));
    assertThat(deliver(sink, item(7, "{'id':'a','n':7}"), item(6, "{'id':'a','n':6}")))
        .containsExactly(Outcome.duplicate(), Outcome.duplicate());
    assertThat(row("a")).containsEntry("n", AttributeValue.fromN("7"));
  }

  @Test
  void a_row_that_somebody_else_wrote_is_taken_over() {
    DynamoDbSink sink = sink(builder(all()));
    Local.put(table, Map.of("id", AttributeValue.fromS("a"), "x", AttributeValue.fromN("1")));
    assertThat(deliver(sink, item(7, "{'id':'a'}"))).containsExactly(Outcome.delivered());
    assertThat(row("a")).containsOnlyKeys("id", "_seq");
  }

  @Test
  void a_position_that_is_somebody_elses_makes_a_dead_letter_that_says_so() {
    DynamoDbSink sink = sink(builder(all()));
    Local.put(table, Map.of("id", AttributeValue.fromS("a"), "_seq", AttributeValue.fromN("1")));
    assertPoison(
        deliver(sink, item(7, "{'id':'a'}")).get(0),
        "the row has an attribute '_seq' of type N that is no position of a record");
  }

  @Test
  void an_update_changes_what_is_there_and_keeps_the_rest() {
    DynamoDbSink sink = sink(builder(all()).operation(OperationRule.always(Operation.UPDATE)));
    Local.put(
        table,
        Map.of(
            "id", AttributeValue.fromS("a"),
            "kept", AttributeValue.fromN("1"),
            "name", AttributeValue.fromS("reserved word, old"),
            "gone", AttributeValue.fromN("3")));
    assertThat(deliver(sink, item(7, "{'id':'a','name':'new','gone':null}")))
        .containsExactly(Outcome.delivered());
    assertThat(row("a")).containsOnlyKeys("id", "kept", "name", "_seq");
    assertThat(row("a")).containsEntry("name", AttributeValue.fromS("new"));
  }

  @Test
  void a_deleted_row_is_a_tombstone_that_an_older_put_does_not_raise() {
    DynamoDbSink sink = sink(builder(all()).operation(byOp()));
    deliver(sink, item(7, "{'id':'a','op':'put','n':1}"));
    assertThat(deliver(sink, item(9, "{'id':'a','op':'delete'}")))
        .containsExactly(Outcome.delivered());
    assertThat(deliver(sink, item(8, "{'id':'a','op':'put','n':2}")))
        .containsExactly(Outcome.duplicate());
    assertThat(row("a")).containsOnlyKeys("id", "_seq", "_deleted", "_ttl");
    assertThat(row("a")).containsEntry("_deleted", AttributeValue.fromBool(true));
    assertThat(Long.parseLong(row("a").get("_ttl").n()))
        .isBetween(NOW_SECONDS + 24 * 3_600, NOW_SECONDS + 24 * 3_600 + 600);
  }

  @Test
  void a_delete_of_a_row_that_is_not_there_yet_leaves_a_tombstone_too() {
    DynamoDbSink sink = sink(builder(all()).operation(byOp()));
    deliver(sink, item(9, "{'id':'a','op':'delete'}"));
    assertThat(deliver(sink, item(8, "{'id':'a','op':'put'}")))
        .containsExactly(Outcome.duplicate());
  }

  @Test
  void a_newer_put_or_update_lifts_a_tombstone() {
    DynamoDbSink sink = sink(builder(all()).operation(byOp()));
    deliver(
        sink,
        item(1, "{'id':'a','op':'delete'}"),
        item(2, "{'id':'a','op':'put','n':1}"),
        item(3, "{'id':'b','op':'delete'}"),
        item(4, "{'id':'b','op':'update','n':2}"));
    assertThat(row("a")).containsOnlyKeys("id", "op", "n", "_seq");
    assertThat(row("b")).containsOnlyKeys("id", "op", "n", "_seq");
  }

  @Test
  void an_increment_counts_once_however_often_it_comes() {
    DynamoDbSink sink = sink(counter());
    RangeItem<Message> one = item(7, 0, "{'id':'a','bytes':10,'page':'/x'}");
    RangeItem<Message> two = item(7, 1, "{'id':'a','bytes':5,'page':'/y'}");
    assertThat(deliver(sink, one, two)).containsOnly(Outcome.delivered());
    assertThat(deliver(sink, one, two)).containsOnly(Outcome.duplicate());
    assertThat(row("a"))
        .isEqualTo(
            Map.of(
                "id", AttributeValue.fromS("a"),
                "views", AttributeValue.fromN("2"),
                "bytes", AttributeValue.fromN("15"),
                "page", AttributeValue.fromS("/y")));
    assertThat(Local.scan(table))
        .filteredOn(row -> row.get("id").s().startsWith(Requests.MARKER_PREFIX))
        .hasSize(2)
        .allSatisfy(
            marker ->
                assertThat(Long.parseLong(marker.get("_ttl").n()))
                    .isBetween(NOW_SECONDS + 8 * 86_400, NOW_SECONDS + 8 * 86_400 + 600));
  }

  @Test
  void the_same_position_of_another_shard_is_another_increment() {
    DynamoDbSink sink = sink(counter());
    RangeItem<Message> one = item(7, "{'id':'a','bytes':10}");
    deliver(sink, one);
    assertThat(
            sink.deliver(range("shardId-000000000001", List.of(one))).toCompletableFuture().join())
        .containsExactly(Outcome.delivered());
    assertThat(row("a")).containsEntry("views", AttributeValue.fromN("2"));
  }

  @Test
  void many_increments_of_one_row_are_all_counted() {
    DynamoDbSink sink = sink(counter());
    List<RangeItem<Message>> items = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      items.add(item(i, "{'id':'hot','bytes':1}"));
    }
    assertThat(sink.deliver(range(items)).toCompletableFuture().join())
        .containsOnly(Outcome.delivered());
    assertThat(row("hot")).containsEntry("bytes", AttributeValue.fromN("100"));
  }

  @Test
  void adding_to_a_text_is_a_dead_letter() {
    DynamoDbSink sink = sink(counter());
    Local.put(table, Map.of("id", AttributeValue.fromS("a"), "views", AttributeValue.fromS("x")));
    assertPoison(deliver(sink, item(7, "{'id':'a'}")).get(0), "DynamoDB refuses the row: ");
  }

  @Test
  void a_record_that_does_not_fit_is_a_dead_letter_and_the_others_are_stored() {
    DynamoDbSink sink = sink(builder(all()));
    List<Outcome> outcomes =
        deliver(
            sink,
            item(1, "{'id':'a'}"),
            item(2, "{'n':1}"),
            item(3, "not json"),
            item(4, "{'id':'b','n':123456789012345678901234567890123456789}"),
            item(5, "{'id':'c','text':'" + "x".repeat(410_000) + "'}"),
            item(6, "{'id':'d'}"));
    assertThat(outcomes.get(0)).isEqualTo(Outcome.delivered());
    assertPoison(outcomes.get(1), "field 'id' of the key is missing");
    assertPoison(outcomes.get(2), "not JSON");
    assertPoison(outcomes.get(3), "field 'n' is a number of 39 digits; allowed: at most 38");
    assertPoison(outcomes.get(4), "allowed: 409600 (400 KB)");
    assertThat(outcomes.get(5)).isEqualTo(Outcome.delivered());
    assertThat(Local.scan(table)).hasSize(2);
  }

  @Test
  void an_update_that_makes_the_row_too_large_is_a_dead_letter() {
    DynamoDbSink sink = sink(builder(all()).operation(OperationRule.always(Operation.UPDATE)));
    List<Outcome> outcomes =
        deliver(
            sink,
            item(1, "{'id':'a','one':'" + "x".repeat(300_000) + "'}"),
            item(2, "{'id':'a','two':'" + "x".repeat(300_000) + "'}"));
    assertThat(outcomes.get(0)).isEqualTo(Outcome.delivered());
    assertPoison(outcomes.get(1), "DynamoDB refuses the row: ");
  }

  @Test
  void a_batch_puts_a_row_for_each_record_and_a_repeat_puts_the_same_again() {
    DynamoDbSink sink = sink(log());
    List<RangeItem<Message>> items = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      items.add(item(i, "{'n':" + i + "}"));
    }
    assertThat(sink.deliver(range(items)).toCompletableFuture().join())
        .containsOnly(Outcome.delivered())
        .hasSize(60);
    sink.deliver(range(items.subList(10, 40))).toCompletableFuture().join();
    assertThat(Local.scan(table)).hasSize(60);
  }

  @Test
  void one_key_twice_in_a_batch_is_stored_in_order_and_is_no_poison() {
    DynamoDbSink sink = sink(log());
    RangeItem<Message> first = item(7, "{'n':1}");
    RangeItem<Message> again = item(7, "{'n':2}");
    assertThat(deliver(sink, first, item(8, "{'n':8}"), again))
        .containsExactly(Outcome.delivered(), Outcome.delivered(), Outcome.delivered());
    assertThat(Local.scan(table))
        .hasSize(2)
        .anySatisfy(row -> assertThat(row).containsEntry("n", AttributeValue.fromN("2")));
  }

  @Test
  void one_row_that_dynamodb_refuses_does_not_take_its_batch_along() {
    Local.client()
        .createTable(
            t ->
                t.tableName(table)
                    .billingMode("PAY_PER_REQUEST")
                    .attributeDefinitions(
                        a -> a.attributeName("id").attributeType("S"),
                        a -> a.attributeName("n").attributeType("N"))
                    .keySchema(k -> k.attributeName("id").keyType("HASH"))
                    .globalSecondaryIndexes(
                        g ->
                            g.indexName("by-n")
                                .keySchema(k -> k.attributeName("n").keyType("HASH"))
                                .projection(p -> p.projectionType("ALL"))))
        .join();
    DynamoDbSink sink = log().build();
    open.add(sink);
    List<Outcome> outcomes =
        deliver(sink, item(1, "{'n':1}"), item(2, "{'n':'text'}"), item(3, "{'n':3}"));
    assertThat(outcomes.get(0)).isEqualTo(Outcome.delivered());
    assertPoison(outcomes.get(1), "DynamoDB refuses the row: ");
    assertThat(outcomes.get(2)).isEqualTo(Outcome.delivered());
    assertThat(Local.scan(table)).hasSize(2);
  }

  @Test
  void bytes_that_are_no_json_can_be_stored_whole() {
    DynamoDbSink sink =
        sink(
            builder(
                ItemMapping.builder("id")
                    .attribute(AttributeMapping.of("id", "$position", AttributeType.S))
                    .attribute(AttributeMapping.of("body", "$payload", AttributeType.S))
                    .build()));
    byte[] bytes = "plain words".getBytes(StandardCharsets.UTF_8);
    assertThat(deliver(sink, Items.itemOfBytes(1, 0, bytes))).containsExactly(Outcome.delivered());
    assertThat(Local.scan(table).get(0)).containsEntry("body", AttributeValue.fromS("plain words"));
  }

  @Test
  void a_missing_table_needs_somebody_and_says_what_to_do() {
    DynamoDbSink sink = builder(all()).build();
    open.add(sink);
    SinkException trouble = troubleOf(sink, item(1, "{'id':'a'}"));
    assertThat(trouble.needsSomebody()).isTrue();
    assertThat(trouble)
        .hasMessageContaining("table '" + table + "' failed: the table does not exist")
        .hasMessageContaining("createTable: true");
    sink.createTable(NewTable.payPerRequest());
    assertThat(deliver(sink, item(1, "{'id':'a'}"))).containsExactly(Outcome.delivered());
  }

  @Test
  void a_table_with_another_key_needs_somebody_and_makes_no_dead_letters() {
    sink(builder(ItemMapping.builder("other").sortKey("at").build()));
    DynamoDbSink sink = builder(all()).build();
    open.add(sink);
    SinkException trouble = troubleOf(sink, item(1, "{'id':'a'}"));
    assertThat(trouble.needsSomebody()).isTrue();
    assertThat(trouble)
        .hasMessageContaining("is other (S), at (S), but partitionKey, sortKey and attributes make")
        .hasMessageContaining("id (S)");
  }

  @Test
  void a_table_that_does_not_answer_is_trouble_that_passes() {
    DynamoDbSink sink =
        DynamoDbSink.builder(table, all())
            .connect("us-east-1", Local.CREDENTIALS, java.net.URI.create("http://127.0.0.1:9"))
            .build();
    open.add(sink);
    SinkException trouble = troubleOf(sink, item(1, "{'id':'a'}"));
    assertThat(trouble.needsSomebody()).isFalse();
    assertThat(trouble).hasMessageContaining("got no answer");
  }

  @Test
  void a_table_is_created_once_with_key_billing_and_expiry() {
    DynamoDbSink sink =
        builder(
                ItemMapping.builder("id")
                    .sortKey("at")
                    .attribute(AttributeMapping.of("at", "at", AttributeType.N))
                    .build())
            .operation(OperationRule.always(Operation.DELETE))
            .build();
    open.add(sink);
    assertThat(sink.createTable(NewTable.provisioned(3, 4))).isTrue();
    assertThat(sink.createTable(NewTable.provisioned(3, 4))).isFalse();
    var description = Local.client().describeTable(d -> d.tableName(table)).join().table();
    assertThat(description.provisionedThroughput().writeCapacityUnits()).isEqualTo(4);
    assertThat(description.keySchema()).hasSize(2);
    var expiry =
        Local.client().describeTimeToLive(d -> d.tableName(table)).join().timeToLiveDescription();
    assertThat(expiry.attributeName()).isEqualTo("_ttl");
  }

  @Test
  void settings_that_do_not_go_together_are_refused() {
    assertThatThrownBy(() -> builder(all()).mode(Mode.BATCH).build())
        .hasMessageContaining("mode is refused: batch needs a key that no two records share")
        .hasMessageContaining("Map $position or $identity to id (type S)");
    assertThatThrownBy(() -> log().operation(OperationRule.always(Operation.DELETE)).build())
        .hasMessageContaining("mode is refused: batch can put only, and the operation is delete");
    assertThatThrownBy(
            () -> builder(all()).operation(OperationRule.always(Operation.INCREMENT)).build())
        .hasMessageContaining("attributes is refused: increments need it");
    assertThatThrownBy(() -> builder(all()).seqAttribute("id").build())
        .hasMessageContaining("seqAttribute is refused: 'id' is mapped from a field too");
    assertThatThrownBy(() -> builder(all()).seqAttribute("_ttl").build())
        .hasMessageContaining("need three names, and are _ttl, _deleted, _ttl");
    assertThatThrownBy(() -> builder(all()).tombstoneAge(java.time.Duration.ofMinutes(59)))
        .hasMessageContaining("tombstoneAge is refused: it is PT59M; allowed: at least PT1H");
    assertThatThrownBy(() -> DynamoDbSink.builder("a b", all()))
        .hasMessageContaining("table is refused: 'a b' is no name of a table");
  }

  private DynamoDbSink.Builder builder(ItemMapping mapping) {
    return DynamoDbSink.builder(table, mapping)
        .connect("us-east-1", Local.CREDENTIALS, Local.endpoint());
  }

  private static ItemMapping all() {
    return ItemMapping.builder("id").build();
  }

  private DynamoDbSink.Builder log() {
    return builder(
            ItemMapping.builder("id")
                .attribute(AttributeMapping.of("id", "$position", AttributeType.S))
                .attribute(AttributeMapping.of("n", "n", AttributeType.ANY))
                .build())
        .mode(Mode.BATCH);
  }

  private DynamoDbSink.Builder counter() {
    return builder(
            ItemMapping.builder("id")
                .attribute(AttributeMapping.of("views", "=1", AttributeType.N))
                .attribute(AttributeMapping.of("bytes", "bytes", AttributeType.N))
                .attribute(AttributeMapping.of("page", "page", AttributeType.S))
                .build())
        .operation(OperationRule.always(Operation.INCREMENT));
  }

  private static OperationRule byOp() {
    return OperationRule.byField(
        "op", Map.of("put", Operation.PUT, "update", Operation.UPDATE, "delete", Operation.DELETE));
  }

  /** With its table. */
  private DynamoDbSink sink(DynamoDbSink.Builder builder) {
    DynamoDbSink sink = builder.build();
    open.add(sink);
    sink.createTable(NewTable.payPerRequest());
    return sink;
  }

  private Map<String, AttributeValue> row(String key) {
    return Local.row(table, "id", key);
  }

  @SafeVarargs
  private static List<Outcome> deliver(DynamoDbSink sink, RangeItem<Message>... items) {
    return sink.deliver(range(Arrays.asList(items))).toCompletableFuture().join();
  }

  private static SinkException troubleOf(DynamoDbSink sink, RangeItem<Message> item) {
    try {
      sink.deliver(range(List.of(item))).toCompletableFuture().join();
      throw new AssertionError("it has not failed");
    } catch (CompletionException e) {
      return (SinkException) e.getCause();
    }
  }

  private static void assertPoison(Outcome outcome, String reason) {
    assertThat(outcome).isInstanceOf(Outcome.Poison.class);
    assertThat(((Outcome.Poison) outcome).why()).hasMessageContaining(reason);
  }
}
