package io.millrace.connectors.dynamodb;

import io.millrace.connectors.contract.SinkDriver;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Sink;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** The sink under the contract, in one of its modes. A destination is an end point and a table. */
public abstract class TableDriver implements SinkDriver {

  abstract DynamoDbSink.Builder builder(String table);

  /** How often the row says that its record is there. */
  int times(Map<String, AttributeValue> row) {
    return 1;
  }

  static String newDestination() {
    return Local.endpoint() + " " + Local.newName();
  }

  @Override
  public Sink<Message> open(String destination) {
    String[] parts = destination.split(" ", 2);
    DynamoDbSink sink =
        builder(parts[1]).connect("us-east-1", Local.CREDENTIALS, URI.create(parts[0])).build();
    sink.createTable(NewTable.payPerRequest());
    return sink;
  }

  @Override
  public List<String> stored(String destination) {
    String[] parts = destination.split(" ", 2);
    List<String> ids = new ArrayList<>();
    try (DynamoDbAsyncClient client =
        DynamoDbAsyncClient.builder()
            .endpointOverride(URI.create(parts[0]))
            .region(Region.US_EAST_1)
            .credentialsProvider(Local.CREDENTIALS)
            .build()) {
      client
          .scanPaginator(scan -> scan.tableName(parts[1]).consistentRead(true))
          .items()
          .subscribe(
              row -> {
                if (row.containsKey("id") && !row.containsKey("_deleted")) {
                  ids.addAll(Collections.nCopies(times(row), row.get("id").s()));
                }
              })
          .join();
    }
    return ids;
  }

  /** One row a record, whole. */
  public static final class Put extends TableDriver {
    @Override
    DynamoDbSink.Builder builder(String table) {
      return DynamoDbSink.builder(table, ItemMapping.builder("id").build());
    }
  }

  /** One row a record, attribute by attribute. */
  public static final class Update extends TableDriver {
    @Override
    DynamoDbSink.Builder builder(String table) {
      return DynamoDbSink.builder(table, ItemMapping.builder("id").build())
          .operation(OperationRule.always(Operation.UPDATE));
    }
  }

  /** One row a record, under the record's own identity. */
  public static final class Batch extends TableDriver {
    @Override
    DynamoDbSink.Builder builder(String table) {
      return DynamoDbSink.builder(
              table,
              ItemMapping.builder("record")
                  .attribute(AttributeMapping.of("record", "$identity", AttributeType.S))
                  .attribute(AttributeMapping.of("id", "id", AttributeType.S))
                  .build())
          .mode(Mode.BATCH);
    }
  }

  /** Each row counts how often its record took effect. */
  public static final class Increment extends TableDriver {
    @Override
    DynamoDbSink.Builder builder(String table) {
      return DynamoDbSink.builder(
              table,
              ItemMapping.builder("key")
                  .attribute(AttributeMapping.of("key", "id", AttributeType.S))
                  .attribute(AttributeMapping.of("id", "id", AttributeType.S))
                  .attribute(AttributeMapping.of("times", "=1", AttributeType.N))
                  .build())
          .operation(OperationRule.always(Operation.INCREMENT));
    }

    @Override
    int times(Map<String, AttributeValue> row) {
      return Integer.parseInt(row.get("times").n());
    }
  }
}
