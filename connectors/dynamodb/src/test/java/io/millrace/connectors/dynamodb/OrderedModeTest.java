package io.millrace.connectors.dynamodb;

import static io.millrace.connectors.dynamodb.Items.item;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Outcome;
import io.millrace.connectors.sink.RangeItem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Workers that repeat, lag behind and should not be there any more, on one table. */
class OrderedModeTest {

  private static final int RECORDS = 60;

  /** One that works through the stream from where it thinks it is. */
  private static final class Worker {
    final DynamoDbSink sink;
    int next;

    Worker(DynamoDbSink sink, int next) {
      this.sink = sink;
      this.next = next;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void whatever_is_repeated_by_whom_the_rows_are_those_of_one_pass_in_order(long seed) {
    Random random = new Random(seed);
    List<RangeItem<Message>> stream = stream(random);
    String table = Local.newName();
    List<DynamoDbSink> sinks = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      sinks.add(sink(table));
    }
    try {
      sinks.get(0).createTable(NewTable.payPerRequest());
      int reached = 0;
      List<Worker> workers = new ArrayList<>(List.of(new Worker(sinks.get(0), 0)));
      while (reached < RECORDS) {
        // a successor starts at or before what has been stored; its predecessors go on beside it
        if (workers.size() < sinks.size() && random.nextInt(3) == 0) {
          workers.add(new Worker(sinks.get(workers.size()), random.nextInt(reached + 1)));
        }
        List<Worker> active = new ArrayList<>();
        List<java.util.concurrent.CompletableFuture<List<Outcome>>> calls = new ArrayList<>();
        for (Worker worker : workers) {
          if (worker.next < RECORDS && random.nextInt(3) > 0) {
            int end = Math.min(RECORDS, worker.next + 1 + random.nextInt(15));
            active.add(worker);
            calls.add(
                worker
                    .sink
                    .deliver(Items.range(stream.subList(worker.next, end)))
                    .toCompletableFuture());
            worker.next = end;
          }
        }
        for (int i = 0; i < calls.size(); i++) {
          assertThat(calls.get(i).join())
              .allMatch(o -> o instanceof Outcome.Delivered || o instanceof Outcome.Duplicate);
          reached = Math.max(reached, active.get(i).next);
        }
      }
      // and a last one that lags far behind everything
      sinks
          .get(2)
          .deliver(Items.range(stream.subList(0, RECORDS / 2)))
          .toCompletableFuture()
          .join();
      assertThat(rows(table)).isEqualTo(replayed(stream));
    } finally {
      sinks.forEach(DynamoDbSink::close);
    }
  }

  private static List<RangeItem<Message>> stream(Random random) {
    List<RangeItem<Message>> stream = new ArrayList<>();
    String[] operations = {"put", "update", "update", "delete"};
    for (int i = 0; i < RECORDS; i++) {
      String operation = operations[random.nextInt(operations.length)];
      String field = "f" + random.nextInt(3);
      String value = random.nextInt(4) == 0 ? "null" : Integer.toString(i);
      stream.add(
          item(
              100 + i / 3, // three records to an aggregate
              i % 3,
              "{'id':'k"
                  + random.nextInt(4)
                  + "','op':'"
                  + operation
                  + "','"
                  + field
                  + "':"
                  + value
                  + "}"));
    }
    return stream;
  }

  /** The rows that one worker leaves behind that does everything once, in order, undisturbed. */
  private static Map<String, Map<String, String>> replayed(List<RangeItem<Message>> stream) {
    Map<String, Map<String, String>> rows = new HashMap<>();
    for (RangeItem<Message> item : stream) {
      String id = item.value().json().get("id").textValue();
      String operation = item.value().json().get("op").textValue();
      Map<String, String> row = rows.getOrDefault(id, new HashMap<>());
      if (operation.equals("delete")) {
        rows.remove(id);
        continue;
      }
      if (operation.equals("put")) {
        row = new HashMap<>();
      }
      for (int f = 0; f < 3; f++) {
        String field = "f" + f;
        if (item.value().json().has(field)) {
          if (item.value().json().get(field).isNull()) {
            row.remove(field);
          } else {
            row.put(field, item.value().json().get(field).asText());
          }
        }
      }
      rows.put(id, row);
    }
    return rows;
  }

  /** Without tombstones, and without what the sink writes. */
  private static Map<String, Map<String, String>> rows(String table) {
    Map<String, Map<String, String>> rows = new HashMap<>();
    for (Map<String, AttributeValue> item : Local.scan(table)) {
      if (item.containsKey("_deleted")) {
        continue;
      }
      Map<String, String> row = new HashMap<>();
      item.forEach(
          (name, value) -> {
            if (name.startsWith("f")) {
              row.put(name, value.n());
            }
          });
      rows.put(item.get("id").s(), row);
    }
    return rows;
  }

  private static DynamoDbSink sink(String table) {
    return DynamoDbSink.builder(
            table,
            ItemMapping.builder("id")
                .attribute(AttributeMapping.of("f0", "f0", AttributeType.N))
                .attribute(AttributeMapping.of("f1", "f1", AttributeType.N))
                .attribute(AttributeMapping.of("f2", "f2", AttributeType.N))
                .build())
        .operation(
            OperationRule.byField(
                "op",
                Map.of(
                    "put", Operation.PUT, "update", Operation.UPDATE, "delete", Operation.DELETE)))
        .connect("us-east-1", Local.CREDENTIALS, Local.endpoint())
        .build();
  }
}
