package io.millrace.samples.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.embedded.EmbeddedKinesis;
import io.millrace.embedded.ManualClock;
import io.millrace.embedded.junit.EmbeddedKinesisExtension;
import io.millrace.kcl.InitialPositionInStream;
import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.Worker;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/** The whole thing: real workers, an embedded Kinesis, and DynamoDB Local for the leases. */
class OrderFleetTest {

  @RegisterExtension static final EmbeddedKinesisExtension kinesis = new EmbeddedKinesisExtension();

  @AutoClose static final DynamoDbLocal dynamoDb = DynamoDbLocal.start();

  private final Map<String, Long> totals = OrderTotals.newTotals();

  @Test
  void orders_are_added_up_across_workers_and_a_split_of_the_stream(EmbeddedKinesis server) {
    server.createStream("orders", 2);
    try (RunningWorker a = start("order-totals", "orders");
        RunningWorker b = start("order-totals", "orders")) {
      put(server, "orders", "ada 12");
      await().atMost(Duration.ofMinutes(1)).until(() -> totals.containsKey("ada"));

      server.split("orders", "shardId-000000000000");
      server.split("orders", "shardId-000000000001");
      put(server, "orders", "ada 3");
      put(server, "orders", "bob 5");
      await()
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(
              () -> assertThat(totals).containsEntry("ada", 15L).containsEntry("bob", 5L));
    }
  }

  @Test
  void orders_before_a_time_are_left_out() {
    ManualClock clock = new ManualClock(Instant.now());
    try (EmbeddedKinesis server = EmbeddedKinesis.builder().clock(clock).start()) {
      server.createStream("old-orders", 1);
      put(server, "old-orders", "ada 1");
      clock.advance(Duration.ofHours(1));
      Instant begin = clock.instant();
      clock.advance(Duration.ofHours(1));
      put(server, "old-orders", "bob 1");

      KinesisClientLibConfiguration configuration =
          configuration("old-order-totals", "old-orders")
              .withKinesisEndpoint(server.endpoint().toString())
              .withTimestampAtInitialPositionInStream(begin);
      try (RunningWorker worker = start(configuration)) {
        await().atMost(Duration.ofMinutes(1)).until(() -> totals.containsKey("bob"));
      }
      assertThat(totals).containsOnlyKeys("bob");
    }
  }

  private static KinesisClientLibConfiguration configuration(String application, String stream) {
    return new KinesisClientLibConfiguration(
            application,
            stream,
            StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")),
            "test-worker")
        .withRegionName("eu-west-1")
        .withKinesisEndpoint(kinesis.server().endpoint().toString())
        .withDynamoDBEndpoint(dynamoDb.endpoint().toString())
        .withInitialPositionInStream(InitialPositionInStream.TRIM_HORIZON);
  }

  private RunningWorker start(String application, String stream) {
    return start(configuration(application, stream));
  }

  private RunningWorker start(KinesisClientLibConfiguration configuration) {
    return RunningWorker.start(
        new Worker(() -> new OrderTotals(totals, Clock.systemUTC()), configuration));
  }

  private static void put(EmbeddedKinesis server, String stream, String order) {
    server.put(stream, order.split(" ")[0], order.getBytes(StandardCharsets.UTF_8));
  }
}
