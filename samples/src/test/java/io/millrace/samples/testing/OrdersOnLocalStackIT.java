package io.millrace.samples.testing;

import static org.awaitility.Awaitility.await;

import io.millrace.kcl.InitialPositionInStream;
import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.Worker;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;
import org.testcontainers.localstack.LocalStackContainer;
import org.testcontainers.utility.DockerImageName;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** The same on LocalStack. Where there is no Docker, the report says that it was skipped. */
@Testcontainers(disabledWithoutDocker = true)
class OrdersOnLocalStackIT {

  // from 2026.3 on the images want a token
  private static final DockerImageName IMAGE =
      DockerImageName.parse("localstack/localstack:4.14.0");

  @Container
  private static final LocalStackContainer localStack =
      new LocalStackContainer(IMAGE).withServices("kinesis", "dynamodb");

  private final Map<String, Long> totals = OrderTotals.newTotals();

  @Test
  void orders_are_added_up() {
    StaticCredentialsProvider credentials =
        StaticCredentialsProvider.create(
            AwsBasicCredentials.create(localStack.getAccessKey(), localStack.getSecretKey()));
    try (KinesisClient kinesis =
        KinesisClient.builder()
            .endpointOverride(localStack.getEndpoint())
            .region(Region.of(localStack.getRegion()))
            .credentialsProvider(credentials)
            .build()) {
      kinesis.createStream(r -> r.streamName("orders").shardCount(1));
      kinesis.waiter().waitUntilStreamExists(r -> r.streamName("orders"));
      kinesis.putRecord(
          r -> r.streamName("orders").partitionKey("ada").data(SdkBytes.fromUtf8String("ada 12")));

      KinesisClientLibConfiguration configuration =
          new KinesisClientLibConfiguration("order-totals", "orders", credentials, "test-worker")
              .withRegionName(localStack.getRegion())
              .withKinesisEndpoint(localStack.getEndpoint().toString())
              .withDynamoDBEndpoint(localStack.getEndpoint().toString())
              .withInitialPositionInStream(InitialPositionInStream.TRIM_HORIZON);
      Worker worker = new Worker(() -> new OrderTotals(totals, Clock.systemUTC()), configuration);
      try (RunningWorker running = RunningWorker.start(worker)) {
        await().atMost(Duration.ofMinutes(2)).until(() -> totals.containsKey("ada"));
      }
    }
  }
}
