package io.millrace.connectors.sqs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.connectors.config.ConfigException;
import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.contract.DeadLetterContract;
import io.millrace.connectors.contract.Gate;
import io.millrace.elasticmq.ElasticMq;
import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import io.millrace.kcl.deadletter.DeadLetterException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.model.GetQueueAttributesResponse;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** On ElasticMQ. */
class SqsDeadLettersContractTest extends DeadLetterContract {

  private static final AwsCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));

  private static ElasticMq sqs;
  private static SqsAsyncClient client;
  private static int queues;

  private final SqsDeadLetterProvider provider = new SqsDeadLetterProvider();
  private final String queue = "dead-" + queues++;
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
    create(queue, Map.of(QueueAttributeName.MAXIMUM_MESSAGE_SIZE, "1048576"));
  }

  @AfterEach
  void closeGate() {
    gate.close();
  }

  private static String create(String name, Map<QueueAttributeName, String> attributes) {
    return client.createQueue(r -> r.queueName(name).attributes(attributes)).join().queueUrl();
  }

  private static Surroundings surroundings(URI endpoint) {
    return new Surroundings(
        "us-east-1", CREDENTIALS, Map.of("sqs", endpoint), Path.of("."), "worker");
  }

  private Values values(String name) {
    return new Values(
        provider.section(),
        Map.of("queue", SqsQueue.of(name)),
        (key, why) -> new ConfigException(key.name() + ": " + why));
  }

  @Override
  protected DeadLetterDestination open() {
    return provider.open(values(queue), surroundings(gate.endpoint()));
  }

  @Override
  protected DeadLetterSource source() {
    return source(queue);
  }

  private static DeadLetterSource source(String name) {
    return new SqsDeadLetterSource(
        SqsClients.open("us-east-1", sqs.endpoint(), CREDENTIALS), SqsQueue.of(name), 0);
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

  private static void store(DeadLetterDestination destination, DeadLetter letter) throws Exception {
    destination.store(letter).toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private static DeadLetter withPayload(int number, byte[] payload) {
    return letter("s", number).payload(ByteBuffer.wrap(payload)).build();
  }

  private static byte[] noise(int bytes) {
    byte[] noise = new byte[bytes];
    new Random(2).nextBytes(noise);
    return noise;
  }

  @Test
  void a_message_is_the_letter_as_a_line_of_json_that_everybody_can_read() throws Exception {
    try (SqsDeadLetters letters = (SqsDeadLetters) open()) {
      store(letters, letter("s", 1).build());
    }
    String url = client.getQueueUrl(r -> r.queueName(queue)).join().queueUrl();
    assertThat(client.receiveMessage(r -> r.queueUrl(url)).join().messages())
        .singleElement()
        .satisfies(
            message ->
                assertThat(message.body())
                    .startsWith("{\"stream\":\"clicks\",\"shard\":\"s\"")
                    .contains("\"partitionKey\":\"key-1\""));
  }

  @Test
  void a_large_letter_that_compresses_is_stored() throws Exception {
    byte[] payload = "a line that comes again\n".repeat(60_000).getBytes(StandardCharsets.UTF_8);
    try (SqsDeadLetters letters = (SqsDeadLetters) open()) {
      store(letters, withPayload(1, payload));
    }
    List<DeadLetter> read = new ArrayList<>();
    try (DeadLetterSource source = source()) {
      source.read(read::add);
    }
    assertThat(read)
        .singleElement()
        .satisfies(letter -> assertThat(letter.payload()).isEqualTo(ByteBuffer.wrap(payload)));
  }

  @Test
  void a_letter_too_large_for_sqs_says_its_size_and_holds_no_other_one_up() throws Exception {
    try (SqsDeadLetters letters = (SqsDeadLetters) open()) {
      assertThatThrownBy(() -> store(letters, withPayload(1, noise(1 << 20))))
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOf(DeadLetterException.class)
          .hasMessageMatching(
              ".* in queue dead-\\d+: it has 1[45]\\d{5} bytes there, gzipped, and the"
                  + " queue takes messages of 1048576 at most\\. Its shard waits, and nothing is"
                  + " lost: keep dead letters in S3 or in files, and start again");
      store(letters, letter("s", 2).build());
    }
  }

  /** ElasticMQ does not say what a queue takes, so its answer is completed. */
  private static SqsAsyncClient sayingThatQueuesTake(String bytes) {
    return SqsAsyncClient.builder()
        .region(Region.US_EAST_1)
        .credentialsProvider(CREDENTIALS)
        .endpointOverride(sqs.endpoint())
        .overrideConfiguration(
            o ->
                o.addExecutionInterceptor(
                    new ExecutionInterceptor() {
                      @Override
                      public SdkResponse modifyResponse(
                          Context.ModifyResponse context, ExecutionAttributes attributes) {
                        return context.response() instanceof GetQueueAttributesResponse answer
                            ? answer.toBuilder()
                                .attributes(Map.of(QueueAttributeName.MAXIMUM_MESSAGE_SIZE, bytes))
                                .build()
                            : context.response();
                      }
                    }))
        .build();
  }

  @Test
  void a_queue_that_takes_less_is_asked_how_much() throws Exception {
    try (SqsAsyncClient small = sayingThatQueuesTake("4096");
        SqsDeadLetters letters = SqsDeadLetters.builder(queue).client(small).build()) {
      assertThatThrownBy(() -> store(letters, withPayload(1, noise(5_000))))
          .hasMessageContaining("takes messages of 4096 at most")
          .hasMessageContaining("raise the queue's MaximumMessageSize (up to 1 MiB)");
      store(letters, withPayload(2, new byte[5_000]));
    }
  }

  @Test
  void a_fifo_queue_takes_a_letter_once_and_holds_no_other_one_up() throws Exception {
    String fifo = queue + ".fifo";
    create(fifo, Map.of(QueueAttributeName.FIFO_QUEUE, "true"));
    try (SqsDeadLetters letters =
        (SqsDeadLetters) provider.open(values(fifo), surroundings(sqs.endpoint()))) {
      for (int i = 0; i < 36; i++) {
        store(letters, letter("s", i % 12).attempts(i).build());
      }
    }
    List<String> keys = new ArrayList<>();
    try (DeadLetterSource source = source(fifo)) {
      source.read(letter -> keys.add(letter.partitionKey()));
      assertThat(source.notes()).as("no copies").isEmpty();
    }
    assertThat(keys).hasSize(12).doesNotHaveDuplicates();
  }

  @Test
  void a_queue_that_is_missing_is_named_and_used_when_it_is_made() throws Exception {
    String missing = "missing-" + queue;
    try (SqsDeadLetters letters =
        (SqsDeadLetters) provider.open(values(missing), surroundings(sqs.endpoint()))) {
      assertThatThrownBy(() -> store(letters, letter("s", 1).build()))
          .hasMessageContaining("in queue " + missing + ": SQS says ")
          .hasMessageContaining("; create the queue " + missing + ", or name another one");
      create(missing, Map.of());
      store(letters, letter("s", 1).build());
    }
  }

  @Test
  void what_somebody_else_has_received_is_said_and_what_is_no_letter_is_counted() throws Exception {
    String url = client.getQueueUrl(r -> r.queueName(queue)).join().queueUrl();
    try (SqsDeadLetters letters = (SqsDeadLetters) open()) {
      store(letters, letter("s", 1).build());
    }
    client.receiveMessage(r -> r.queueUrl(url).visibilityTimeout(600)).join();
    try (SqsDeadLetters letters = (SqsDeadLetters) open()) {
      store(letters, letter("s", 2).build());
    }
    client.sendMessage(r -> r.queueUrl(url).messageBody("no letter")).join();

    List<String> keys = new ArrayList<>();
    try (DeadLetterSource source = source()) {
      assertThat(source.read(letter -> keys.add(letter.partitionKey()))).isEqualTo(1);
      assertThat(source.notes())
          .anyMatch(note -> note.startsWith("about 1 message was in flight when reading began"));
    }
    assertThat(keys).containsExactly("key-2");
  }

  @Test
  void a_queue_is_named_by_its_url_too() throws Exception {
    String url = client.getQueueUrl(r -> r.queueName(queue)).join().queueUrl();
    try (SqsDeadLetters letters =
        SqsDeadLetters.builder(url)
            .credentials(CREDENTIALS)
            .region("us-east-1")
            .endpoint(sqs.endpoint())
            .build()) {
      store(letters, letter("s", 1).build());
    }
    List<String> keys = new ArrayList<>();
    try (DeadLetterSource source = source(url)) {
      source.read(letter -> keys.add(letter.partitionKey()));
    }
    assertThat(keys).containsExactly("key-1");
  }

  @Test
  void check_says_whether_the_queue_is_there_and_explain_where_letters_go() {
    assertThat(provider.check(values(queue), surroundings(sqs.endpoint())))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.ok()).as(finding.text()).isTrue();
              assertThat(finding.text()).contains("queue " + queue + " is there, takes messages");
            });
    assertThat(provider.check(values("not-there"), surroundings(sqs.endpoint())))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.ok()).isFalse();
              assertThat(finding.text()).contains("; create the queue not-there");
            });
    assertThat(provider.check(values("not-there"), surroundings(URI.create("http://127.0.0.1:9"))))
        .singleElement()
        .extracting(Finding::text)
        .asString()
        .contains("no answer from SQS");
    assertThat(provider.explain(values(queue))).contains("a message in the queue " + queue);
  }

  @Test
  void a_queue_with_a_redrive_policy_is_a_problem_since_looking_would_move_letters_away() {
    String url = client.getQueueUrl(r -> r.queueName(queue)).join().queueUrl();
    String arn =
        client
            .getQueueAttributes(r -> r.queueUrl(url).attributeNames(QueueAttributeName.QUEUE_ARN))
            .join()
            .attributes()
            .get(QueueAttributeName.QUEUE_ARN);
    String moving = "moving-" + queue;
    create(
        moving,
        Map.of(
            QueueAttributeName.REDRIVE_POLICY,
            "{\"deadLetterTargetArn\":\"" + arn + "\",\"maxReceiveCount\":\"3\"}"));

    assertThat(provider.check(values(moving), surroundings(sqs.endpoint())))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.ok()).isFalse();
              assertThat(finding.text()).contains("has a redrive policy");
            });
  }
}
