package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.embedded.EmbeddedKinesis;
import io.millrace.s3mock.S3Mock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * The unit of {@code samples/ec2} as systemd runs it: its own command line and its own config file,
 * on embedded services instead of AWS. Two machines of a fleet; one is stopped.
 */
@Tag("heavy")
@Timeout(240)
class Ec2UnitIT {

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Path EC2 = Path.of("..", "..", "samples", "ec2");
  private static final StaticCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));

  @TempDir private Path folder;

  private EmbeddedKinesis kinesis;
  private DynamoDbLocal dynamoDb;
  private S3Mock s3;
  private DynamoDbAsyncClient leases;
  private S3AsyncClient objects;
  private final List<Process> machines = new ArrayList<>();

  @BeforeEach
  void start() {
    kinesis = EmbeddedKinesis.start();
    dynamoDb = DynamoDbLocal.start();
    s3 = S3Mock.start();
    leases =
        DynamoDbAsyncClient.builder()
            .endpointOverride(dynamoDb.endpoint())
            .credentialsProvider(CREDENTIALS)
            .region(Region.EU_WEST_1)
            .build();
    objects =
        S3AsyncClient.builder()
            .endpointOverride(s3.endpoint())
            .forcePathStyle(true)
            .credentialsProvider(CREDENTIALS)
            .region(Region.EU_WEST_1)
            .build();
    objects.createBucket(r -> r.bucket("my-bucket")).join();
    kinesis.createStream("clicks", 4);
  }

  @AfterEach
  void stop() {
    machines.forEach(Process::destroyForcibly);
    objects.close();
    leases.close();
    s3.close();
    dynamoDb.close();
    kinesis.close();
  }

  @Test
  void a_machine_that_is_stopped_stores_what_it_has_and_hands_its_shards_over() throws Exception {
    Process first = machine("i-first");
    await().atMost(PATIENCE).until(() -> shardsOf("i-first").size() == 4);
    Process second = machine("i-second");
    await()
        .atMost(PATIENCE)
        .until(() -> shardsOf("i-first").size() == 2 && shardsOf("i-second").size() == 2);
    Map<String, Long> counters = counters();
    Set<String> put = put(200);
    await().atMost(PATIENCE).until(() -> Files.readString(said("i-first")).contains("buffered"));

    // what systemctl stop does; the file's buffers would have waited for a minute
    first.toHandle().destroy();
    assertThat(first.waitFor(stopSeconds(), TimeUnit.SECONDS)).as("it ends in time").isTrue();

    assertThat(first.exitValue()).as(Files.readString(said("i-first"))).isZero();
    assertThat(shardsOf("i-second")).as("taken over, and free at no time").hasSize(4);
    counters()
        .forEach(
            (shard, counter) ->
                assertThat(counter - counters.get(shard)).as(shard).isLessThanOrEqualTo(1));
    second.toHandle().destroy();
    assertThat(second.waitFor(stopSeconds(), TimeUnit.SECONDS)).as("it ends in time").isTrue();
    assertThat(second.exitValue()).as(Files.readString(said("i-second"))).isZero();
    assertThat(stored()).as("each once").containsExactlyInAnyOrderElementsOf(put);
  }

  /** What systemd would start, with this machine's Java, class path and folders. */
  private Process machine(String id) throws IOException {
    Path config =
        Files.writeString(
            folder.resolve(id + ".yaml"),
            Files.readString(EC2.resolve("pipeline.yaml"))
                .replace("compression: gzip", "compression: none\n  endpoint: " + s3.endpoint())
                .replace("/var/lib/millrace", folder.resolve(id).toString())
                .replace("prefix: dead/", "prefix: dead/\n  endpoint: " + s3.endpoint())
                .replace(
                    "source:\n",
                    "source:\n  kinesisEndpoint: %s\n  dynamodbEndpoint: %s\n"
                        .formatted(kinesis.endpoint(), dynamoDb.endpoint())));
    String environment =
        Files.readString(EC2.resolve("user-data.sh"))
            .replaceFirst("(?s).*JAVA_OPTS=", "JAVA_OPTS=");
    String options = environment.lines().findFirst().orElseThrow().replace("JAVA_OPTS=", "");
    String line =
        unit("ExecStart")
            .replace(
                "/usr/bin/java", Path.of(System.getProperty("java.home"), "bin/java").toString())
            .replace("$JAVA_OPTS", options.replace("=50", "=10"))
            .replace("/opt/millrace/lib/*", System.getProperty("java.class.path"))
            .replace("/etc/millrace/pipeline.yaml", config.toString());
    ProcessBuilder builder =
        new ProcessBuilder(Arrays.asList(line.split(" ")))
            .redirectErrorStream(true)
            .redirectOutput(said(id).toFile());
    builder.environment().put("WORKER_ID", id);
    builder.environment().put("AWS_ACCESS_KEY_ID", "test");
    builder.environment().put("AWS_SECRET_ACCESS_KEY", "test");
    Process process = builder.start();
    machines.add(process);
    return process;
  }

  private Path said(String id) {
    return folder.resolve(id + ".log");
  }

  private static String unit(String key) throws IOException {
    return Files.readAllLines(EC2.resolve("millrace.service")).stream()
        .filter(line -> line.startsWith(key + "="))
        .map(line -> line.substring(key.length() + 1))
        .findFirst()
        .orElseThrow();
  }

  private static long stopSeconds() throws IOException {
    return Long.parseLong(unit("TimeoutStopSec"));
  }

  private Set<String> put(int records) {
    Set<String> put = new TreeSet<>();
    for (int i = 0; i < records; i++) {
      String text = "{\"n\":" + i + "}";
      kinesis.put("clicks", "key-" + i, text.getBytes(StandardCharsets.UTF_8));
      put.add(text);
    }
    return put;
  }

  private List<Map<String, AttributeValue>> rows() {
    try {
      return leases.scan(r -> r.tableName("referrer-counter").consistentRead(true)).join().items();
    } catch (RuntimeException e) {
      return List.of(); // the table is not there yet
    }
  }

  private List<String> shardsOf(String machine) {
    return rows().stream()
        .filter(row -> row.containsKey("leaseOwner"))
        .filter(row -> row.get("leaseOwner").s().startsWith(machine + "@"))
        .map(row -> row.get("leaseKey").s())
        .toList();
  }

  /** Each change of hands adds one: a release and a claim would be two. */
  private Map<String, Long> counters() {
    Map<String, Long> counters = new TreeMap<>();
    for (Map<String, AttributeValue> row : rows()) {
      if (row.containsKey("leaseCounter")) {
        counters.put(row.get("leaseKey").s(), Long.valueOf(row.get("leaseCounter").n()));
      }
    }
    return counters;
  }

  private List<String> stored() {
    List<String> lines = new ArrayList<>();
    for (S3Object object :
        objects.listObjectsV2(r -> r.bucket("my-bucket").prefix("clicks/")).join().contents()) {
      lines.addAll(
          objects
              .getObject(
                  r -> r.bucket("my-bucket").key(object.key()), AsyncResponseTransformer.toBytes())
              .join()
              .asUtf8String()
              .lines()
              .toList());
    }
    return lines;
  }
}
