package io.millrace.lease.dynamodb;

import io.millrace.dynamodblocal.DynamoDbLocal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemResponse;
import software.amazon.awssdk.services.dynamodb.model.GetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.GetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.ReturnConsumedCapacity;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;
import software.amazon.awssdk.services.dynamodb.model.ScanResponse;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemResponse;

/** One DynamoDB Local for all tests of this JVM, and a client that records what it sends. */
final class LocalTables {

  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final Recorder RECORDER = new Recorder();

  private LocalTables() {}

  /** Started at first use; it ends with this JVM. */
  private static final class Server {
    static final DynamoDbLocal LOCAL = DynamoDbLocal.start();
    static final DynamoDbAsyncClient CLIENT =
        DynamoDbAsyncClient.builder()
            .endpointOverride(LOCAL.endpoint())
            .region(Region.US_EAST_1)
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
            .overrideConfiguration(c -> c.addExecutionInterceptor(RECORDER))
            .build();
  }

  static DynamoDbAsyncClient client() {
    return Server.CLIENT;
  }

  static String newName() {
    return "leases-" + NAMES.incrementAndGet();
  }

  /** An empty lease table of its own. */
  static String newTable() {
    String name = newName();
    LeaseTable.builder(client(), name)
        .delay(pause -> CompletableFuture.completedFuture(null))
        .build()
        .ensure()
        .toCompletableFuture()
        .join();
    return name;
  }

  static void put(String table, Map<String, AttributeValue> item) {
    client().putItem(p -> p.tableName(table).item(item)).join();
  }

  static Map<String, AttributeValue> get(String table, String key) {
    return client()
        .getItem(
            g ->
                g.tableName(table)
                    .consistentRead(true)
                    .key(Map.of(LeaseItems.KEY, AttributeValue.fromS(key))))
        .join()
        .item();
  }

  static Recorder recorder() {
    return RECORDER;
  }

  /** Requests and the units that they consumed, of one test at a time. */
  static final class Recorder implements ExecutionInterceptor {

    private final List<SdkRequest> requests = Collections.synchronizedList(new ArrayList<>());
    private final List<Double> units = Collections.synchronizedList(new ArrayList<>());

    void clear() {
      requests.clear();
      units.clear();
    }

    List<SdkRequest> requests() {
      return List.copyOf(requests);
    }

    /** Of every request since the last clear. */
    List<Double> units() {
      return List.copyOf(units);
    }

    @Override
    public SdkRequest modifyRequest(Context.ModifyRequest context, ExecutionAttributes ignored) {
      requests.add(context.request());
      if (context.request() instanceof UpdateItemRequest r) {
        return r.toBuilder().returnConsumedCapacity(ReturnConsumedCapacity.TOTAL).build();
      }
      if (context.request() instanceof GetItemRequest r) {
        return r.toBuilder().returnConsumedCapacity(ReturnConsumedCapacity.TOTAL).build();
      }
      if (context.request() instanceof DeleteItemRequest r) {
        return r.toBuilder().returnConsumedCapacity(ReturnConsumedCapacity.TOTAL).build();
      }
      if (context.request() instanceof ScanRequest r) {
        return r.toBuilder().returnConsumedCapacity(ReturnConsumedCapacity.TOTAL).build();
      }
      return context.request();
    }

    @Override
    public void afterExecution(Context.AfterExecution context, ExecutionAttributes ignored) {
      SdkResponse response = context.response();
      if (response instanceof UpdateItemResponse r) {
        units.add(r.consumedCapacity().capacityUnits());
      } else if (response instanceof GetItemResponse r) {
        units.add(r.consumedCapacity().capacityUnits());
      } else if (response instanceof DeleteItemResponse r) {
        units.add(r.consumedCapacity().capacityUnits());
      } else if (response instanceof ScanResponse r) {
        units.add(r.consumedCapacity().capacityUnits());
      }
    }
  }
}
