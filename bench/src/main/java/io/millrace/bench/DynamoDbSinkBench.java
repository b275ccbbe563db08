package io.millrace.bench;

import io.millrace.connectors.dynamodb.DynamoDbSink;
import io.millrace.connectors.dynamodb.ItemMapping;
import io.millrace.connectors.dynamodb.NewTable;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Outcome;
import io.millrace.connectors.sink.Positions;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.kcl.Record;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * How much slower is the sink in mode ordered than a loop that does nothing but the same
 * conditional puts? Both on one DynamoDB Local, with as many requests under way at a time, taking
 * turns; every row has a key of its own, so that keys are no bound. The loop has its items made
 * before the clock starts; the sink gets JSON, as from a stream. The median of the rounds counts,
 * the first one of each only warms up.
 */
public final class DynamoDbSinkBench {

  private static final int CONCURRENCY = 32;
  private static final int RECORDS = 8_000;
  private static final int RANGE = 1_000;
  private static final int ROUNDS = 5;

  private static final AwsCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("bench", "bench"));

  private DynamoDbSinkBench() {}

  public static void main(String[] args) throws InterruptedException {
    try (DynamoDbLocal local = DynamoDbLocal.start();
        DynamoDbAsyncClient client =
            DynamoDbAsyncClient.builder()
                .endpointOverride(local.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(CREDENTIALS)
                .httpClientBuilder(NettyNioAsyncHttpClient.builder().maxConcurrency(CONCURRENCY))
                .overrideConfiguration(o -> o.retryStrategy(AwsRetryStrategy.doNotRetry()))
                .build();
        DynamoDbSink sink =
            DynamoDbSink.builder("rows", ItemMapping.builder("id").build())
                .maxConcurrency(CONCURRENCY)
                .maxUnitsPerSecond(1_000_000)
                .connect("us-east-1", CREDENTIALS, local.endpoint())
                .build()) {
      sink.createTable(NewTable.payPerRequest());
      double[] bare = new double[ROUNDS];
      double[] ours = new double[ROUNDS];
      for (int round = -1; round < ROUNDS; round++) {
        double loop = bareLoop(client, items("bare-" + round));
        double sunk = throughSink(sink, items("sink-" + round));
        if (round >= 0) {
          bare[round] = loop;
          ours[round] = sunk;
        }
      }
      report(median(bare), median(ours));
    }
  }

  private static List<RangeItem<Message>> items(String prefix) {
    List<RangeItem<Message>> items = new ArrayList<>();
    for (int i = 0; i < RECORDS; i++) {
      String json =
          "{\"id\":\""
              + prefix
              + "-"
              + i
              + "\",\"user\":\"user-"
              + i % 97
              + "\",\"total\":"
              + i
              + ",\"note\":\""
              + "x".repeat(300)
              + "\"}";
      Record record =
          Record.builder()
              .partitionKey("key-" + i % 64)
              .sequenceNumber(Integer.toString(1_000_000 + i))
              .data(ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8)))
              .build();
      items.add(new RangeItem<>(record, 0, Message.of(record)));
    }
    return items;
  }

  /** Conditional puts a second. */
  private static double bareLoop(DynamoDbAsyncClient client, List<RangeItem<Message>> items)
      throws InterruptedException {
    List<Map<String, AttributeValue>> rows = new ArrayList<>();
    for (RangeItem<Message> item : items) {
      var json = item.value().json();
      rows.add(
          Map.of(
              "id", AttributeValue.fromS(json.get("id").textValue()),
              "user", AttributeValue.fromS(json.get("user").textValue()),
              "total", AttributeValue.fromN(json.get("total").asText()),
              "note", AttributeValue.fromS(json.get("note").textValue()),
              "_seq", AttributeValue.fromS(Positions.sortable(item))));
    }
    Semaphore places = new Semaphore(CONCURRENCY);
    List<CompletableFuture<?>> calls = new ArrayList<>();
    long begun = System.nanoTime();
    for (Map<String, AttributeValue> row : rows) {
      places.acquire();
      calls.add(
          client
              .putItem(
                  put ->
                      put.tableName("rows")
                          .item(row)
                          .conditionExpression("attribute_not_exists(#s) OR #s < :s")
                          .expressionAttributeNames(Map.of("#s", "_seq"))
                          .expressionAttributeValues(Map.of(":s", row.get("_seq"))))
              .whenComplete((answer, error) -> places.release()));
    }
    CompletableFuture.allOf(calls.toArray(new CompletableFuture<?>[0])).join();
    return RECORDS / ((System.nanoTime() - begun) / 1e9);
  }

  /** Records a second, in ranges as a pipeline makes them, one after another. */
  private static double throughSink(DynamoDbSink sink, List<RangeItem<Message>> items) {
    long begun = System.nanoTime();
    for (int from = 0; from < items.size(); from += RANGE) {
      List<Outcome> outcomes =
          sink.deliver(range(items.subList(from, Math.min(items.size(), from + RANGE))))
              .toCompletableFuture()
              .join();
      if (!outcomes.stream().allMatch(outcome -> outcome instanceof Outcome.Delivered)) {
        throw new IllegalStateException("Not everything was stored");
      }
    }
    return RECORDS / ((System.nanoTime() - begun) / 1e9);
  }

  private static RecordRange<Message> range(List<RangeItem<Message>> items) {
    return new RecordRange<>(
        new RangeStart("bench", "shardId-0", items.get(0).position(), Instant.EPOCH, Instant.EPOCH),
        "",
        items.get(items.size() - 1).position(),
        items,
        List.of(),
        0,
        "0123456789abcdef",
        1);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static void report(double bare, double ours) {
    System.out.printf(
        Locale.ROOT,
        "%d records of 400 bytes, %d requests at a time, DynamoDB Local:%n"
            + "  bare SDK loop       %,8.0f puts/s%n"
            + "  sink, mode ordered  %,8.0f records/s%n"
            + "  ratio               %8.2f%n",
        RECORDS,
        CONCURRENCY,
        bare,
        ours,
        ours / bare);
    System.out.printf(
        Locale.ROOT,
        "{\"bench\":\"dynamodb\",\"barePerSecond\":%.1f,\"sinkPerSecond\":%.1f,\"ratio\":%.3f,"
            + "\"java\":\"%s\"}%n",
        bare,
        ours,
        ours / bare,
        Runtime.version().feature());
  }
}
