package io.millrace.connectors.dynamodb;

import static io.millrace.connectors.dynamodb.Items.item;
import static io.millrace.connectors.dynamodb.Items.range;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.connectors.config.ConfigException;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.SinkProvider;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.sink.Outcome;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

class DynamoDbSinkProviderTest {

  private final DynamoDbSinkProvider provider = new DynamoDbSinkProvider();
  private final Surroundings surroundings =
      new Surroundings(
          "us-east-1",
          Local.CREDENTIALS,
          Map.of("dynamodb", Local.endpoint()),
          Path.of("."),
          "worker");

  @Test
  void the_service_loader_finds_it() {
    assertThat(ServiceLoader.load(SinkProvider.class))
        .anySatisfy(found -> assertThat(found.section().name()).isEqualTo("dynamodb"));
  }

  @Test
  void a_file_becomes_a_sink_and_a_table() {
    String table = Local.newName();
    Map<String, Object> file =
        file(
            "table", table,
            "createTable", "true",
            "partitionKey", "user",
            "sortKey", "at",
            "operationField", "op",
            "operations", Map.of("saved", "put", "removed", "delete"),
            "attributes",
                Map.of(
                    "user", "user.id",
                    "at", "time N",
                    "title", Map.of("field", "title", "type", "s", "required", "true"),
                    "source", "=web"));
    try (var sink = (DynamoDbSink) provider.open(values(file), surroundings)) {
      assertThat(sink).hasToString("dynamodb://" + table);
      assertThat(
              sink.deliver(
                      range(
                          List.of(
                              item(1, "{'user':{'id':'u'},'time':5,'title':'t','op':'saved'}"))))
                  .toCompletableFuture()
                  .join())
          .containsExactly(Outcome.delivered());
    }
    assertThat(Local.scan(table).get(0))
        .containsEntry("user", AttributeValue.fromS("u"))
        .containsEntry("at", AttributeValue.fromN("5"))
        .containsEntry("title", AttributeValue.fromS("t"))
        .containsEntry("source", AttributeValue.fromS("web"))
        .containsKey("_seq");
  }

  @Test
  void check_says_that_a_table_is_missing_and_what_to_do() {
    Map<String, Object> file = file("table", "missing-table", "partitionKey", "id");
    assertThat(provider.check(values(file), surroundings))
        .containsExactly(
            Finding.bad(
                "Table 'missing-table' does not exist. Create it with the key id (S), name another"
                    + " one in 'table' or 'region', or say 'createTable: true'."));
    file.put("createTable", "true");
    assertThat(provider.check(values(file), surroundings))
        .containsExactly(
            Finding.good(
                "Table 'missing-table' does not exist and will be created with the key id (S)."));
  }

  @Test
  void check_compares_the_key_and_tries_the_permissions_without_writing() {
    String table = Local.newName();
    Map<String, Object> file =
        file("table", table, "partitionKey", "id", "createTable", "true", "operation", "update");
    provider.open(values(file), surroundings).close();
    assertThat(provider.check(values(file), surroundings))
        .containsExactly(
            Finding.good("Table '" + table + "' is ACTIVE; its key is id (S), as the file says."),
            Finding.good("dynamodb:UpdateItem is allowed."));
    assertThat(Local.scan(table)).isEmpty();

    file.put("sortKey", "at");
    assertThat(provider.check(values(file), surroundings))
        .containsExactly(
            Finding.bad(
                "The key of table '"
                    + table
                    + "' is id (S), but partitionKey, sortKey and attributes make id (S), at (S)."
                    + " Correct them, or name another table."));
  }

  @Test
  void check_says_when_tombstones_would_stay_for_ever() {
    String table = Local.newName();
    Map<String, Object> file = file("table", table, "partitionKey", "id", "createTable", "true");
    provider.open(values(file), surroundings).close();
    file.put("operation", "delete");
    assertThat(provider.check(values(file), surroundings))
        .extracting(Finding::text)
        .anySatisfy(text -> assertThat(text).contains("tombstones and markers stay for ever"));
  }

  @Test
  void check_of_a_batch_says_what_cannot_be_seen() {
    String table = Local.newName();
    Map<String, Object> file =
        file(
            "table", table,
            "partitionKey", "id",
            "createTable", "true",
            "mode", "batch",
            "attributes", Map.of("id", "$position", "*", "*"));
    provider.open(values(file), surroundings).close();
    assertThat(provider.check(values(file), surroundings))
        .extracting(Finding::text)
        .contains("Whether dynamodb:BatchWriteItem is allowed cannot be seen without writing.");
  }

  @Test
  void explain_says_what_it_will_do() {
    assertThat(
            provider.explain(
                values(
                    file(
                        "table", "orders",
                        "partitionKey", "id",
                        "operation", "delete",
                        "createTable", "true"))))
        .containsExactly(
            "Writes rows into the DynamoDB table 'orders', by the key id; the operation is delete.",
            "Every field of a record becomes the attribute of its name.",
            "A row changes only if the record comes after the one in its attribute '_seq'; a repeat"
                + " changes nothing.",
            "A deleted row stays as a tombstone for 1 d; readers pass over rows whose '_deleted' is"
                + " true.",
            "At most 64 requests and 40000 write units a second; less while the table throttles.",
            "If the table is missing, it is created, with pay-per-request billing.");
  }

  @Test
  void values_of_the_wrong_kind_are_refused_with_the_reason() {
    assertUnread("table", "a b", "'a b' is no name of a table");
    assertUnread("endpoint", "localhost:8000", "it is no http or https URL with a host");
    assertUnread("mode", "fast", "it is none of them");
    assertUnread("operation", "upsert", "it is none of them");
    assertUnread("operations", Map.of("x", "erase"), "'x' is 'erase', which is no operation");
    assertUnread("operations", Map.of(), "it is empty");
    assertUnread("attributes", Map.of(), "it is empty");
    assertUnread("attributes", Map.of("*", "a"), "'*' is 'a'; every field by its name is written");
    assertUnread("attributes", Map.of("a", "f X"), "attribute 'a' is of type 'X'; allowed: S, N");
    assertUnread("attributes", Map.of("a", "f N g"), "more than a field and a type");
    assertUnread("attributes", Map.of("a", "$seq"), "'$seq' is not known of a record; allowed:");
    assertUnread(
        "attributes",
        Map.of("a", Map.of("feild", "f")),
        "attribute 'a' has 'feild'; allowed: field, type, required");
    assertUnread(
        "attributes",
        Map.of("a", Map.of("required", "yes")),
        "attribute 'a' has 'required: yes'; allowed: true, false");
    assertUnread(
        "attributes", Map.of("a", List.of()), "attribute 'a' is neither a field nor a map");
    assertUnread("tombstoneAge", "30 m", "it is too small");
    assertUnread("markerAge", "1 h", "it is too small");
    assertUnread("maxConcurrency", "0", "it is too small");
    assertUnread("maxUnitsPerSecond", "many", "it is not a whole number that fits");
    assertUnread("createTable", "maybe", "it is neither");
    assertUnread("billing", "free", "it is none of them");
  }

  @Test
  void values_that_do_not_go_together_are_refused_at_the_key_that_has_to_change() {
    assertRefused(
        file("operation", "put", "operationField", "op", "operations", Map.of("x", "put")),
        "operation: operationField chooses the operation already: leave one of them out");
    assertRefused(
        file("operationField", "op"),
        "operationField: operations is missing: say what each text of the field means");
    assertRefused(
        file("operations", Map.of("x", "put")),
        "operations: operationField is missing: name the field that chooses the operation");
    assertRefused(
        file("operationField", "a..b", "operations", Map.of("x", "put")),
        "operationField: 'a..b' is no field");
    assertRefused(
        file("mode", "batch"), "mode: batch needs a key that no two records share, because");
    assertRefused(
        file("mode", "batch", "operation", "delete", "attributes", Map.of("id", "$position")),
        "mode: batch can put only, and the operation is delete");
    assertRefused(
        file("mode", "batch", "attributes", Map.of("id", "$sequenceNumber")),
        "mode: batch needs a key that no two records share");
    assertRefused(file("operation", "increment"), "attributes: increments need it");
    assertRefused(
        file("operation", "increment", "attributes", Map.of("a", "a S")),
        "attributes: increments add the attributes of type N, and there is none");
    assertRefused(
        file("operation", "increment", "attributes", Map.of("id", "id N", "a", "a N")),
        "partitionKey: increments put a marker row for each record into the table");
    assertRefused(
        file("attributes", Map.of("id", "id BOOL")),
        "attributes: attribute 'id' is a part of the key and of type BOOL; a key's may be S, N or"
            + " B");
    assertRefused(file("sortKey", "id"), "sortKey: it is the partition key too, 'id'");
    assertRefused(file("seqAttribute", "id"), "seqAttribute: 'id' is mapped from a field too");
    assertRefused(
        file("seqAttribute", "s", "attributes", Map.of("s", "s")),
        "seqAttribute: 's' is mapped from a field too");
    assertRefused(
        file("ttlAttribute", "_seq"),
        "seqAttribute: seqAttribute, deletedAttribute and ttlAttribute need three names");
    assertRefused(
        file("attributes", Map.of("_ttl", "expires S")),
        "attributes: attribute '_ttl' is the time to live, seconds since 1970, and of type S");
    assertRefused(
        file("billing", "provisioned", "writeUnits", "5"),
        "readUnits: provisioned billing needs it, 1 or more");
    assertRefused(file("writeUnits", "5"), "writeUnits: only provisioned billing has it");
  }

  @Test
  void every_key_is_described() {
    assertThat(provider.section().keys())
        .allSatisfy(key -> assertThat(key.description()).endsWith("."));
  }

  private void assertUnread(String name, Object value, String reason) {
    assertThatThrownBy(() -> key(name).read(value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }

  /** Each way of using the file refuses alike. */
  private void assertRefused(Map<String, Object> file, String message) {
    file.putIfAbsent("table", "orders");
    file.putIfAbsent("partitionKey", "id");
    assertThatThrownBy(() -> provider.explain(values(file)))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(message);
    assertThatThrownBy(() -> provider.open(values(file), surroundings))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(message);
    assertThatThrownBy(() -> provider.check(values(file), surroundings))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(message);
  }

  private Key<?> key(String name) {
    return provider.section().keys().stream()
        .filter(key -> key.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private Values values(Map<String, Object> file) {
    Map<String, Object> read = new LinkedHashMap<>();
    file.forEach((name, value) -> read.put(name, key(name).read(value)));
    return new Values(
        provider.section(), read, (key, why) -> new ConfigException(key.name() + ": " + why));
  }

  private static Map<String, Object> file(Object... namesAndValues) {
    Map<String, Object> file = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      file.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return file;
  }
}
