package io.millrace.connectors.dynamodb;

import static io.millrace.connectors.dynamodb.Items.item;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.RangeItem;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

class ItemMappingTest {

  private static final List<String> OWN = List.of("_seq", "_deleted", "_ttl");

  @Test
  void without_attributes_every_field_becomes_one() {
    Write write = apply(ItemMapping.builder("id").build(), "{'id':'a','n':1,'gone':null}");
    assertThat(write.key().attributes()).isEqualTo(Map.of("id", AttributeValue.fromS("a")));
    assertThat(write.attributes()).isEqualTo(Map.of("n", AttributeValue.fromN("1")));
  }

  @Test
  void fields_inside_others_constants_and_what_is_known_of_the_record_are_mapped() {
    ItemMapping mapping =
        ItemMapping.builder("id")
            .sortKey("at")
            .attribute(AttributeMapping.of("id", "user.id", AttributeType.S))
            .attribute(AttributeMapping.of("at", "$sequenceNumber", AttributeType.N))
            .attribute(AttributeMapping.of("dotted", "/a.b", AttributeType.ANY))
            .attribute(AttributeMapping.of("kind", "=click", AttributeType.S))
            .attribute(AttributeMapping.of("arrived", "$arrivalMillis", AttributeType.N))
            .attribute(AttributeMapping.of("who", "$identity", AttributeType.S))
            .build();
    Write write = apply(mapping, "{'user':{'id':'a'},'a.b':true}");
    assertThat(write.key().attributes())
        .isEqualTo(Map.of("id", AttributeValue.fromS("a"), "at", AttributeValue.fromN("7")));
    assertThat(write.attributes())
        .isEqualTo(
            Map.of(
                "dotted", AttributeValue.fromBool(true),
                "kind", AttributeValue.fromS("click"),
                "arrived", AttributeValue.fromN("1007"),
                "who", AttributeValue.fromS("orders:" + Items.SHARD + ":" + write.position())));
  }

  @Test
  void every_other_field_can_go_beside_those_that_are_mapped() {
    ItemMapping mapping =
        ItemMapping.builder("id")
            .attribute(AttributeMapping.of("id", "$position", AttributeType.S))
            .attribute(AttributeMapping.of("n", "n", AttributeType.S))
            .everyField()
            .build();
    Write write = apply(mapping, "{'id':'its own','n':1,'x':2}");
    assertThat(write.key().attributes())
        .isEqualTo(Map.of("id", AttributeValue.fromS(write.position())));
    assertThat(write.attributes())
        .isEqualTo(Map.of("n", AttributeValue.fromS("1"), "x", AttributeValue.fromN("2")));
  }

  @Test
  void bytes_that_are_no_json_can_be_mapped_whole() {
    ItemMapping mapping =
        ItemMapping.builder("id")
            .attribute(AttributeMapping.of("id", "$position", AttributeType.S))
            .attribute(AttributeMapping.of("body", "$payload", AttributeType.B))
            .build();
    byte[] bytes = "no json".getBytes(StandardCharsets.UTF_8);
    assertThat(apply(mapping, Items.itemOfBytes(7, 0, bytes), Operation.PUT).attributes())
        .isEqualTo(Map.of("body", AttributeValue.fromB(SdkBytes.fromByteArray(bytes))));
  }

  @Test
  void an_update_removes_what_is_null_and_leaves_what_is_missing() {
    ItemMapping mapping =
        ItemMapping.builder("id")
            .attribute(AttributeMapping.of("a", "a", AttributeType.ANY))
            .attribute(AttributeMapping.of("b", "b", AttributeType.ANY))
            .build();
    Write write = apply(mapping, item(7, "{'id':'x','a':null}"), Operation.UPDATE);
    assertThat(write.removed()).containsExactly("a");
    assertThat(write.attributes()).isEmpty();
  }

  @Test
  void a_missing_null_empty_or_wrong_key_field_is_refused_by_name() {
    ItemMapping mapping = ItemMapping.builder("id").build();
    assertRefused(mapping, "{}", "field 'id' of the key is missing; allowed: a value of type S");
    assertRefused(mapping, "{'id':null}", "field 'id' of the key is null; allowed: a value");
    assertRefused(mapping, "{'id':''}", "field 'id' of the key is empty; allowed: 1 to 2048 bytes");
    assertRefused(mapping, "{'id':[1]}", "field 'id' of the key is a list; allowed: a text");
    assertRefused(
        mapping,
        "{'id':'" + "é".repeat(1_025) + "'}",
        "field 'id' of the key has 2050 bytes; allowed: 1 to 2048");
  }

  @Test
  void a_missing_required_field_is_refused() {
    ItemMapping mapping =
        ItemMapping.builder("id")
            .attribute(new AttributeMapping("total", "sum", AttributeType.N, true))
            .build();
    assertRefused(
        mapping, "{'id':'a'}", "field 'sum' for attribute 'total' is missing; it is required");
  }

  @Test
  void an_item_beyond_400_kb_is_refused_with_its_size() {
    assertRefused(
        ItemMapping.builder("id").build(),
        "{'id':'a','text':'" + "x".repeat(410_000) + "'}",
        "bytes, names included; allowed: 409600 (400 KB)");
  }

  @Test
  void what_is_no_json_object_is_refused() {
    ItemMapping mapping = ItemMapping.builder("id").build();
    assertRefused(mapping, "[1]", "the record is a list; allowed: a JSON object");
    assertRefused(mapping, "oops", "not JSON: ");
  }

  @Test
  void a_field_with_the_name_of_an_attribute_of_the_sink_is_refused() {
    assertRefused(
        ItemMapping.builder("id").build(),
        "{'id':'a','_seq':1}",
        "field '_seq' has the name of an attribute that the sink writes");
  }

  @Test
  void equal_numbers_are_the_same_row() {
    ItemMapping mapping =
        ItemMapping.builder("id")
            .attribute(AttributeMapping.of("id", "id", AttributeType.N))
            .build();
    assertThat(apply(mapping, "{'id':1.0}").key()).isEqualTo(apply(mapping, "{'id':'1'}").key());
  }

  @Test
  void a_key_of_a_type_that_no_key_has_is_refused() {
    assertThatThrownBy(
            () ->
                ItemMapping.builder("id")
                    .attribute(AttributeMapping.of("id", "id", AttributeType.BOOL))
                    .build())
        .hasMessageContaining("attribute 'id' is a part of the key and of type BOOL");
  }

  @Test
  void the_same_attribute_for_both_parts_of_the_key_is_refused() {
    assertThatThrownBy(() -> ItemMapping.builder("id").sortKey("id").build())
        .hasMessageContaining("sortKey is refused: it is the partition key too, 'id'");
  }

  @Test
  void an_unknown_source_is_refused_with_those_there_are() {
    assertThatThrownBy(() -> AttributeMapping.of("a", "$sequence", AttributeType.S))
        .hasMessageContaining("'$sequence' is not known of a record; allowed: $stream, $shardId");
    assertThatThrownBy(() -> AttributeMapping.of("a", "a..b", AttributeType.S))
        .hasMessageContaining("'a..b' is no field; allowed: name, outer.inner, or /outer/inner");
  }

  @Test
  void a_field_chooses_the_operation_or_is_refused() {
    OperationRule rule =
        OperationRule.byField("op", Map.of("D", Operation.DELETE, "I", Operation.PUT));
    assertThat(rule.choose(view("{'op':'D'}"))).isEqualTo(Operation.DELETE);
    assertThatThrownBy(() -> rule.choose(view("{'op':'X'}")))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageStartingWith("field 'op' chooses the operation and says 'X'; allowed: ");
    assertThatThrownBy(() -> rule.choose(view("{}")))
        .hasMessageStartingWith("field 'op' chooses the operation and is missing; allowed: ");
  }

  private static void assertRefused(ItemMapping mapping, String json, String message) {
    assertThatThrownBy(() -> apply(mapping, json))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining(message);
  }

  private static Write apply(ItemMapping mapping, String json) {
    return apply(mapping, item(7, json), Operation.PUT);
  }

  private static Write apply(ItemMapping mapping, RangeItem<Message> item, Operation operation) {
    return mapping.apply(new RecordView("orders", Items.SHARD, item), operation, OWN);
  }

  private static RecordView view(String json) {
    return new RecordView("orders", Items.SHARD, item(7, json));
  }
}
