package io.millrace.connectors.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.connectors.contract.ContractRecords.Expected;
import io.millrace.connectors.contract.ContractWorker.Setting;
import io.millrace.connectors.contract.LeaseRow.Moment;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.embedded.EmbeddedKinesis;
import io.millrace.kcl.deadletter.DeadLetterFiles;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/**
 * {@link SinkContract} with real workers in processes of their own, on the embedded Kinesis and
 * DynamoDB Local: each of them is killed at another step, the stream is resharded meanwhile, and
 * the next one goes on.
 */
@Timeout(600)
public abstract class WorkerContract {

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int RECORDS_A_ROUND = 60;

  private static EmbeddedKinesis kinesis;
  private static DynamoDbLocal dynamoDb;
  private static KinesisAsyncClient client;
  private static int streams;

  @TempDir Path letters;

  private final List<Process> processes = new ArrayList<>();
  private int put;

  /** The sink. */
  protected abstract SinkDriver driver();

  /** A destination that nothing was stored in, for one test. */
  protected abstract String newDestination() throws Exception;

  @BeforeAll
  static void startEngines() {
    kinesis = EmbeddedKinesis.start();
    dynamoDb = DynamoDbLocal.start();
    client =
        KinesisAsyncClient.builder()
            .endpointOverride(kinesis.endpoint())
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
            .region(Region.US_EAST_1)
            .build();
  }

  @AfterAll
  static void stopEngines() {
    client.close();
    dynamoDb.close();
    kinesis.close();
  }

  @AfterEach
  void killAll() {
    processes.forEach(Process::destroyForcibly);
  }

  @Test
  void whoever_is_killed_at_whatever_step_and_whatever_becomes_of_the_shards() throws Exception {
    String stream = "contract-" + ++streams;
    kinesis.createStream(stream, 2);
    String destination = newDestination();
    int round = 0;
    for (Moment moment : moments()) {
      put(stream);
      Process process =
          start(setting(stream, destination, moment, "w" + round, 5 + 3 * (round % 4)));
      if (round == 2) {
        split(stream);
      }
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .as("%s comes", moment)
          .isTrue();
      assertThat(process.exitValue()).as("%s", moment).isEqualTo(ContractWorker.KILLED);
      round++;
    }
    put(stream);
    // two of them, and one is killed from outside while it works
    Process killed = start(setting(stream, destination, null, "killed", 6));
    Process last = start(setting(stream, destination, null, "last", 9));
    Expected expected = ContractRecords.expected(put, driver());
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .until(() -> driver().stored(destination).size() > expected.stored().size() - 40);
    killed.destroyForcibly();
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(500))
        .until(
            () ->
                driver().stored(destination).size() >= expected.stored().size()
                    && dead().size() >= expected.dead().size());
    last.destroy();
    assertThat(last.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(driver().stored(destination).stream().sorted().toList())
        .isEqualTo(expected.stored());
    assertThat(dead().stream().sorted().toList()).isEqualTo(expected.dead());
  }

  /** A sink that takes records one by one prepares nothing. */
  private List<Moment> moments() throws Exception {
    try (var sink = driver().open(newDestination())) {
      boolean prepares = sink instanceof io.millrace.connectors.sink.RangeSink;
      return List.of(Moment.values()).stream()
          .filter(
              moment ->
                  prepares || moment != Moment.BEFORE_PREPARE && moment != Moment.AFTER_PREPARE)
          .toList();
    }
  }

  private List<String> dead() throws IOException {
    List<String> dead = new ArrayList<>();
    DeadLetterFiles.read(letters, letter -> dead.add(ContractRecords.id(letter.payload())));
    return dead;
  }

  private Setting setting(
      String stream, String destination, Moment moment, String worker, int limit) {
    return new Setting(
        driver().getClass().getName(),
        destination,
        stream,
        worker,
        kinesis.endpoint(),
        dynamoDb.endpoint(),
        letters,
        moment,
        2,
        limit);
  }

  private Process start(Setting setting) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(
        ProcessHandle.current()
            .info()
            .command()
            .orElse(System.getProperty("java.home") + "/bin/java"));
    command.addAll(List.of("-Xmx256m", "-cp", classPath(), ContractWorker.class.getName()));
    command.addAll(setting.arguments());
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    processes.add(process);
    return process;
  }

  /** Surefire and Failsafe put the real one into a property when they use a manifest. */
  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  private void put(String stream) {
    List<PutRecordsRequestEntry> entries = new ArrayList<>();
    for (int i = 0; i < RECORDS_A_ROUND; i++) {
      int number = put++;
      entries.add(
          PutRecordsRequestEntry.builder()
              .partitionKey("key-" + number % 17)
              .data(SdkBytes.fromByteArray(ContractRecords.payload(number, driver())))
              .build());
    }
    int failed =
        client.putRecords(r -> r.streamName(stream).records(entries)).join().failedRecordCount();
    if (failed > 0) {
      throw new IllegalStateException(failed + " records were refused");
    }
  }

  private static void split(String stream) {
    client
        .splitShard(
            r ->
                r.streamName(stream)
                    .shardToSplit("shardId-000000000000")
                    .newStartingHashKey(BigInteger.ONE.shiftLeft(126).toString()))
        .join();
  }
}
