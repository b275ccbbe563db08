package io.millrace.connectors.sqs;

import io.millrace.connectors.config.ConfigException;
import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.contract.DeadLetterContract;
import io.millrace.connectors.contract.Gate;
import io.millrace.elasticmq.ElasticMq;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** In a FIFO queue: ElasticMQ takes long to read one with many message groups. */
class SqsFifoDeadLettersContractIT extends DeadLetterContract {

  private static final AwsCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));

  private static ElasticMq sqs;
  private static SqsAsyncClient client;
  private static int queues;

  private final SqsDeadLetterProvider provider = new SqsDeadLetterProvider();
  private final String queue = "dead-" + queues++ + ".fifo";
  private Gate gate;

  @BeforeAll
  static void start() {
    sqs = ElasticMq.start();
    client = SqsClients.open("us-east-1", sqs.endpoint(), CREDENTIALS);
  }

  @AfterAll
  static void stop() {
    client.close();
    sqs.close();
  }

  @BeforeEach
  void createQueue() {
    gate = new Gate(sqs.endpoint());
    client
        .createQueue(
            r ->
                r.queueName(queue)
                    .attributes(
                        Map.of(
                            QueueAttributeName.FIFO_QUEUE,
                            "true",
                            QueueAttributeName.MAXIMUM_MESSAGE_SIZE,
                            "1048576")))
        .join();
  }

  @AfterEach
  void closeGate() {
    gate.close();
  }

  private Surroundings surroundings(URI endpoint) {
    return new Surroundings(
        "us-east-1", CREDENTIALS, Map.of("sqs", endpoint), Path.of("."), "worker");
  }

  private Values values() {
    return new Values(
        provider.section(),
        Map.of("queue", SqsQueue.of(queue)),
        (key, why) -> new ConfigException(key.name() + ": " + why));
  }

  @Override
  protected DeadLetterDestination open() {
    return provider.open(values(), surroundings(gate.endpoint()));
  }

  @Override
  protected DeadLetterSource source() {
    return new SqsDeadLetterSource(
        SqsClients.open("us-east-1", sqs.endpoint(), CREDENTIALS), SqsQueue.of(queue), 0);
  }

  @Override
  protected void bringDown() {
    gate.shut();
  }

  @Override
  protected void bringUp() {
    gate.open();
  }

  @Override
  protected int largestPayload() {
    return 730 << 10;
  }
}
