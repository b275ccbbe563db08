package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.TableCreation;
import io.millrace.kcl.Worker;
import io.millrace.lease.dynamodb.LeaseTable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.KinesisException;

/** What people get wrong, and what they are told. */
class BadInputTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static LocalEngines engines;

  @BeforeAll
  static void start() {
    engines = new LocalEngines();
  }

  @AfterAll
  static void stop() {
    engines.close();
  }

  private static Worker worker(KinesisClientLibConfiguration configuration) {
    return new Worker(() -> new Seen().processor("w"), configuration);
  }

  private static void assertStops(Worker worker, String... sayings) {
    assertThatThrownBy(() -> new RunningWorker(worker).ended.get(60, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .message()
        .contains(sayings);
  }

  @Test
  void a_stream_that_does_not_exist() {
    assertStops(worker(engines.configuration("no-such-stream", "w")), "no-such-stream");
  }

  @Test
  void a_permission_that_is_missing() {
    String stream = engines.stream(1);
    try (KinesisAsyncClient refused =
        KinesisAsyncClient.builder()
            .endpointOverride(engines.kinesis.endpoint())
            .credentialsProvider(LocalEngines.CREDENTIALS)
            .region(software.amazon.awssdk.regions.Region.US_EAST_1)
            .overrideConfiguration(o -> o.addExecutionInterceptor(new Refusal()))
            .build()) {
      assertStops(
          Worker.builder()
              .recordProcessorFactory(() -> new Seen().processor("w"))
              .config(engines.configuration(stream, "w"))
              .kinesisClient(refused)
              .build(),
          "kinesis:DescribeStreamSummary",
          stream);
    }
  }

  @Test
  void a_table_with_another_key() {
    String stream = engines.stream(1);
    engines
        .dynamoDbClient
        .createTable(
            r ->
                r.tableName("not-a-lease-table")
                    .keySchema(
                        KeySchemaElement.builder()
                            .attributeName("id")
                            .keyType(KeyType.HASH)
                            .build())
                    .attributeDefinitions(
                        AttributeDefinition.builder()
                            .attributeName("id")
                            .attributeType(ScalarAttributeType.N)
                            .build())
                    .billingMode(BillingMode.PAY_PER_REQUEST))
        .join();
    assertStops(
        worker(engines.configuration("not-a-lease-table", stream, "w")),
        "not-a-lease-table",
        "leaseKey",
        "id");
  }

  @Test
  void a_table_that_is_missing_and_must_not_be_created() {
    String stream = engines.stream(1);
    assertStops(
        worker(
            engines
                .configuration("never-created", stream, "w")
                .withTableCreation(TableCreation.NEVER)),
        "never-created");
  }

  @Test
  void a_second_application_of_the_same_name_on_another_stream() throws Exception {
    String one = engines.stream(1);
    String two = engines.stream(1);
    Seen seen = new Seen();
    RunningWorker first =
        new RunningWorker(
            new Worker(() -> seen.processor("a"), engines.configuration("taken", one, "a")));
    await().atMost(PATIENCE).until(() -> !seen.shards.isEmpty());
    assertStops(worker(engines.configuration("taken", two, "b")), "taken", one, two);
    first.stop();
  }

  @Test
  void a_stream_that_was_deleted_and_created_again() throws Exception {
    String stream = engines.stream(1);
    Seen seen = new Seen();
    RunningWorker first =
        new RunningWorker(
            new Worker(() -> seen.processor("a"), engines.configuration("again", stream, "a")));
    await().atMost(PATIENCE).until(() -> !seen.shards.isEmpty());
    first.stop();
    engines.kinesisClient.deleteStream(r -> r.streamName(stream)).join();
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(engines.kinesisClient.listStreams().join().streamNames())
                    .doesNotContain(stream));
    engines.kinesis.createStream(stream, 1);
    assertStops(
        worker(engines.configuration("again", stream, "b")), "deleted and created again", "again");
  }

  @Test
  void a_stream_that_is_deleted_while_it_is_read() {
    String stream = engines.stream(1);
    Seen seen = new Seen();
    RunningWorker first =
        new RunningWorker(
            new Worker(() -> seen.processor("a"), engines.configuration(stream, "a")));
    await().atMost(PATIENCE).until(() -> !seen.shards.isEmpty());
    engines.kinesisClient.deleteStream(r -> r.streamName(stream)).join();
    assertThatThrownBy(() -> first.ended.get(60, TimeUnit.SECONDS))
        .cause()
        .message()
        .contains(stream, "does not exist any more");
  }

  @Test
  void a_table_that_disappears_while_the_worker_runs_is_not_made_again() {
    String stream = engines.stream(1);
    Seen seen = new Seen();
    RunningWorker first =
        new RunningWorker(
            new Worker(() -> seen.processor("a"), engines.configuration("dropped", stream, "a")));
    await().atMost(PATIENCE).until(() -> !seen.shards.isEmpty());
    engines.dynamoDbClient.deleteTable(r -> r.tableName("dropped")).join();
    assertThatThrownBy(() -> first.ended.get(60, TimeUnit.SECONDS))
        .cause()
        .message()
        .contains("dropped");
    assertThat(engines.dynamoDbClient.listTables().join().tableNames()).doesNotContain("dropped");
  }

  @Test
  void a_table_that_workers_of_another_library_use_is_left_exactly_as_it_is() throws Exception {
    String stream = engines.stream(1);
    LeaseTable.builder(engines.dynamoDbClient, "foreign")
        .build()
        .ensure()
        .toCompletableFuture()
        .join();
    Map<String, AttributeValue> row =
        Map.of(
            "leaseKey", AttributeValue.fromS("shardId-000000000000"),
            "leaseOwner", AttributeValue.fromS("ip-10-0-0-1:5c3e"),
            "leaseCounter", AttributeValue.fromN("42"),
            "checkpoint", AttributeValue.fromS("TRIM_HORIZON"),
            "checkpointSubSequenceNumber", AttributeValue.fromN("0"));
    engines.dynamoDbClient.putItem(r -> r.tableName("foreign").item(row)).join();
    Thread owner =
        new Thread(
            () -> {
              for (int counter = 43; !Thread.currentThread().isInterrupted(); counter++) {
                Map<String, AttributeValue> renewed = new TreeMap<>(row);
                renewed.put("leaseCounter", AttributeValue.fromN(Integer.toString(counter)));
                engines.dynamoDbClient.putItem(r -> r.tableName("foreign").item(renewed)).join();
              }
            },
            "owner of another library");
    owner.start();
    try {
      assertStops(
          worker(engines.configuration("foreign", stream, "w").withForeignOwnerWatchMillis(10_000)),
          "foreign",
          "shardId-000000000000",
          "ip-10-0-0-1:5c3e",
          "--takeover");
    } finally {
      owner.interrupt();
      owner.join();
    }
    assertThat(engines.dynamoDbClient.scan(r -> r.tableName("foreign")).join().items())
        .singleElement()
        .satisfies(
            left ->
                assertThat(left.keySet())
                    .as("nothing of ours was written")
                    .isEqualTo(row.keySet()));
  }

  @Test
  void a_row_that_cannot_be_read_stops_neither_the_worker_nor_the_other_shards() throws Exception {
    String stream = engines.stream(2);
    Seen before = new Seen();
    RunningWorker first =
        new RunningWorker(
            new Worker(() -> before.processor("a"), engines.configuration("spoilt", stream, "a")));
    List<String> put = engines.put(stream, 100);
    await().atMost(PATIENCE).until(() -> before.texts().containsAll(put));
    first.stop();
    engines
        .dynamoDbClient
        .updateItem(
            r ->
                r.tableName("spoilt")
                    .key(Map.of("leaseKey", AttributeValue.fromS("shardId-000000000000")))
                    .updateExpression("SET leaseCounter = :text")
                    .expressionAttributeValues(Map.of(":text", AttributeValue.fromS("many"))))
        .join();
    Seen after = new Seen();
    RunningWorker second =
        new RunningWorker(
            new Worker(() -> after.processor("b"), engines.configuration("spoilt", stream, "b")));
    await().atMost(PATIENCE).until(() -> after.shards.contains("shardId-000000000001"));
    assertThat(after.shards).doesNotContain("shardId-000000000000");
    assertThat(second.ended).isNotDone();
    second.stop();
  }

  /** Answers every call to the stream as IAM does. */
  private static final class Refusal implements ExecutionInterceptor {
    @Override
    public void beforeTransmission(
        Context.BeforeTransmission context, ExecutionAttributes attributes) {
      throw KinesisException.builder()
          .statusCode(400)
          .awsErrorDetails(
              AwsErrorDetails.builder()
                  .errorCode("AccessDeniedException")
                  .errorMessage("User is not authorized")
                  .sdkHttpResponse(SdkHttpResponse.builder().statusCode(400).build())
                  .build())
          .message("User is not authorized")
          .build();
    }
  }
}
