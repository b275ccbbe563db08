package io.millrace.connectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.connectors.config.ConfigException;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.embedded.EmbeddedKinesis;
import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.Record;
import io.millrace.kcl.deadletter.DeadLetter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** A pipeline as people have them, on a real worker. */
@Timeout(120)
class PortedPipelineTest {

  private static final AwsCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));

  /** What a record becomes. */
  private record Click(String page) {}

  private final List<String> stored = new CopyOnWriteArrayList<>();
  private final List<String> failed = new CopyOnWriteArrayList<>();
  private final List<DeadLetter> dead = new CopyOnWriteArrayList<>();
  private final AtomicInteger down = new AtomicInteger(1);
  private final AtomicInteger shutdowns = new AtomicInteger();

  /** Several clicks in a record. */
  private static final class Clicks implements ICollectionTransformer<Click, String> {
    @Override
    public Collection<Click> toClass(Record record) throws IOException {
      String text = StandardCharsets.UTF_8.decode(record.getData()).toString();
      if (text.startsWith("!")) {
        throw new IOException("not a list of pages");
      }
      return Arrays.stream(text.split(",")).map(Click::new).toList();
    }

    @Override
    public String fromClass(Click click) {
      return "/" + click.page();
    }
  }

  private final class Emitter implements IEmitter<String> {
    private final AtomicInteger inside = new AtomicInteger();

    @Override
    public List<String> emit(UnmodifiableBuffer<String> buffer) throws IOException {
      assertThat(inside.incrementAndGet()).isEqualTo(1);
      try {
        if (down.getAndDecrement() > 0) {
          throw new IOException("connection refused");
        }
        assertThat(buffer.getFirstSequenceNumber()).isNotNull();
        List<String> again = new ArrayList<>();
        for (String page : buffer.getRecords()) {
          if (page.equals("/refused")) {
            again.add(page);
          } else {
            stored.add(page);
          }
        }
        return again;
      } finally {
        inside.decrementAndGet();
      }
    }

    @Override
    public void fail(List<String> records) {
      failed.addAll(records);
    }

    @Override
    public void shutdown() {
      shutdowns.incrementAndGet();
    }
  }

  private final class Pipeline implements IKinesisConnectorPipeline<Click, String> {
    @Override
    public IEmitter<String> getEmitter(KinesisConnectorConfiguration configuration) {
      return new Emitter();
    }

    @Override
    public IBuffer<Click> getBuffer(KinesisConnectorConfiguration configuration) {
      return new BasicMemoryBuffer<>(configuration);
    }

    @Override
    public ITransformerBase<Click, String> getTransformer(
        KinesisConnectorConfiguration configuration) {
      return new Clicks();
    }

    @Override
    public IFilter<Click> getFilter(KinesisConnectorConfiguration configuration) {
      return click -> !click.page().equals("health");
    }
  }

  private final class Executor extends KinesisConnectorExecutorBase<Click, String> {
    private final String dynamoDb;

    Executor(Properties properties, String dynamoDb) {
      this.dynamoDb = dynamoDb;
      initialize(new KinesisConnectorConfiguration(properties, CREDENTIALS));
    }

    @Override
    protected KinesisClientLibConfiguration adjust(KinesisClientLibConfiguration worker) {
      return worker.withDynamoDBEndpoint(dynamoDb);
    }

    @Override
    public KinesisConnectorRecordProcessorFactory<Click, String>
        getKinesisConnectorRecordProcessorFactory() {
      return new KinesisConnectorRecordProcessorFactory<>(
          new Pipeline(),
          configuration(),
          letter -> {
            dead.add(letter);
            return CompletableFuture.completedFuture(null);
          },
          null);
    }
  }

  private static Properties properties(String... pairs) {
    Properties properties = new Properties();
    for (int i = 0; i < pairs.length; i += 2) {
      properties.setProperty(pairs[i], pairs[i + 1]);
    }
    return properties;
  }

  @Test
  void a_pipeline_of_the_old_library_runs_and_what_it_gives_up_is_kept() throws Exception {
    try (EmbeddedKinesis kinesis = EmbeddedKinesis.start();
        DynamoDbLocal dynamoDb = DynamoDbLocal.start();
        KinesisAsyncClient client =
            KinesisAsyncClient.builder()
                .endpointOverride(kinesis.endpoint())
                .credentialsProvider(CREDENTIALS)
                .region(Region.US_EAST_1)
                .build()) {
      kinesis.createStream("clicks", 2);
      for (String text :
          List.of("index,about", "health", "!broken", "refused,imprint", "health,jobs")) {
        client
            .putRecord(
                r -> r.streamName("clicks").partitionKey(text).data(SdkBytes.fromUtf8String(text)))
            .join();
      }
      Executor executor =
          new Executor(
              properties(
                  "appName", "ported",
                  "kinesisInputStream", "clicks",
                  "kinesisEndpoint", kinesis.endpoint().toString(),
                  "bufferMillisecondsLimit", "200",
                  "retryLimit", "2",
                  "backoffInterval", "50"),
              dynamoDb.endpoint().toString());
      Thread thread = new Thread(executor, "executor-under-test");
      thread.start();
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () -> {
                assertThat(stored)
                    .containsExactlyInAnyOrder("/index", "/about", "/imprint", "/jobs");
                assertThat(dead).hasSize(2);
              });
      executor.stop();
      thread.join();
    }
    assertThat(failed).containsExactly("/refused");
    assertThat(dead.stream().map(l -> StandardCharsets.UTF_8.decode(l.payload()).toString()))
        .containsExactlyInAnyOrder("!broken", "refused,imprint");
    assertThat(shutdowns).hasValue(2);
  }

  @Test
  void a_malformed_number_is_refused_and_does_not_become_the_default() {
    assertThatThrownBy(
            () ->
                new KinesisConnectorConfiguration(
                    properties("bufferRecordCountLimit", "1OOO"), CREDENTIALS))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Property bufferRecordCountLimit = 1OOO is not allowed, it is not a whole number that fits;"
                + " allowed is a whole number from 1 to 20000");
  }

  @Test
  void what_is_not_set_is_as_it_was_in_the_old_library() {
    KinesisConnectorConfiguration configuration =
        new KinesisConnectorConfiguration(properties("mine", "too"), CREDENTIALS);
    assertThat(configuration.APP_NAME).isEqualTo("KinesisConnector");
    assertThat(configuration.BUFFER_BYTE_SIZE_LIMIT).isEqualTo(1_048_576);
    assertThat(configuration.BUFFER_MILLISECONDS_LIMIT).isEqualTo(Long.MAX_VALUE);
    assertThat(configuration.REDSHIFT_DATA_DELIMITER).isEqualTo("|");
    assertThat(configuration.getProperty("mine")).isEqualTo("too");
  }

  @Test
  void a_transformer_that_is_of_neither_kind_is_refused_at_once() {
    IKinesisConnectorPipeline<Click, String> pipeline =
        new IKinesisConnectorPipeline<>() {
          @Override
          public IEmitter<String> getEmitter(KinesisConnectorConfiguration configuration) {
            return new Emitter();
          }

          @Override
          public IBuffer<Click> getBuffer(KinesisConnectorConfiguration configuration) {
            return new BasicMemoryBuffer<>(configuration);
          }

          @Override
          public ITransformerBase<Click, String> getTransformer(
              KinesisConnectorConfiguration configuration) {
            return click -> click.page();
          }

          @Override
          public IFilter<Click> getFilter(KinesisConnectorConfiguration configuration) {
            return new AllPassFilter<>();
          }
        };
    assertThatThrownBy(
            () ->
                new KinesisConnectorRecordProcessorFactory<>(
                    pipeline, new KinesisConnectorConfiguration(properties(), CREDENTIALS)))
        .hasMessageContaining("must be an ITransformer or an ICollectionTransformer");
  }
}
