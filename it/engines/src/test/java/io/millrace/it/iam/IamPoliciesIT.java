package io.millrace.it.iam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.connectors.application.ConnectorApplication;
import io.millrace.connectors.application.Host;
import io.millrace.connectors.application.StagedApplication;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Modules;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.elasticmq.ElasticMq;
import io.millrace.embedded.EmbeddedKinesis;
import io.millrace.embedded.redshift.EmbeddedRedshift;
import io.millrace.it.iam.Policy.Grant;
import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.InitialPositionInStream;
import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.Worker;
import io.millrace.s3mock.S3Mock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;

/**
 * The policies in {@code samples/iam}, against what real runs on the embedded services ask for.
 * Each run has an access key of its own, by which its calls are known; every call has to be allowed
 * by the policies that the documentation gives to such a run, action and resource both. The last
 * test looks the other way: what no run has asked for has no place in a policy.
 */
@Tag("heavy")
@Timeout(240)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class IamPoliciesIT {

  static final String REGION = "eu-west-1";
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int LAST = 1_000;

  /** What no run here can ask for, by file or file and action, and why it is there all the same. */
  private static final Map<String, String> CANNOT_BE_SEEN =
      Map.of(
          "artifacts",
          "samples/ec2/user-data.sh asks for it, with the AWS CLI, where there is no worker yet",
          "redshift-copy",
          "COPY is done by the cluster with a role of its own; Amazon's page 'Permissions to access"
              + " other AWS Resources' (copy-usage_notes-access-permissions.html) names the two",
          "redshift-manifest dynamodb:DeleteItem",
          "the lease of a shard that is gone, as for any worker; an hour would have to pass");

  private static final List<Demand> DEMANDS = new ArrayList<>();
  private static final Set<Grant> NEEDED = new LinkedHashSet<>();

  private static EmbeddedKinesis kinesis;
  private static DynamoDbLocal dynamoDb;
  private static S3Mock s3;
  private static ElasticMq sqs;
  private static DynamoDbAsyncClient tables;
  private static S3AsyncClient objects;
  private static SqsAsyncClient queues;

  @TempDir private Path folder;
  private final List<Process> processes = new ArrayList<>();
  private int outputs;

  @BeforeAll
  static void start() {
    kinesis = EmbeddedKinesis.start();
    dynamoDb = DynamoDbLocal.start();
    s3 = S3Mock.start();
    sqs = ElasticMq.start();
    // the test's own; nobody looks at what these ask for
    AwsCredentialsProvider own = credentials("test");
    tables =
        DynamoDbAsyncClient.builder()
            .endpointOverride(dynamoDb.endpoint())
            .region(Region.of(REGION))
            .credentialsProvider(own)
            .build();
    objects =
        S3AsyncClient.builder()
            .endpointOverride(s3.endpoint())
            .forcePathStyle(true)
            .region(Region.of(REGION))
            .credentialsProvider(own)
            .build();
    queues =
        SqsAsyncClient.builder()
            .endpointOverride(sqs.endpoint())
            .region(Region.of(REGION))
            .credentialsProvider(own)
            .build();
    objects.createBucket(r -> r.bucket("my-bucket")).join();
    objects.createBucket(r -> r.bucket("my-staging")).join();
  }

  @AfterAll
  static void stop() {
    tables.close();
    objects.close();
    queues.close();
    sqs.close();
    s3.close();
    dynamoDb.close();
    kinesis.close();
  }

  @AfterEach
  void endProcesses() {
    processes.forEach(Process::destroyForcibly);
  }

  @Test
  @Order(1)
  void a_fleet_that_starts_is_resharded_loses_a_worker_and_stops_asks_for_what_its_policy_allows()
      throws Exception {
    kinesis.createStream("fleet", 2);
    Child a = worker("roleFleet", "the-fleet", "fleet");
    put("fleet", "first", 40);
    await().atMost(PATIENCE).until(() -> a.has("first", 40));
    Child b = worker("roleFleet", "the-fleet", "fleet");
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              put("fleet", "shared", 10);
              return b.count("shared") > 0;
            });
    kinesis.split("fleet", "shardId-000000000000");
    kinesis.split("fleet", "shardId-000000000001");
    put("fleet", "resharded", 40);
    await().atMost(PATIENCE).until(() -> a.count("resharded") + b.count("resharded") >= 40);
    a.process.destroyForcibly().waitFor();
    put("fleet", "after", 40);
    await().atMost(PATIENCE).until(() -> b.has("after", 40));
    b.process.toHandle().destroy();
    assertThat(b.process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();

    a.collect();
    b.collect();
    assertAllowed("roleFleet", workerOf("fleet", "the-fleet"));
  }

  @Test
  @Order(2)
  void a_lease_of_a_shard_that_is_gone_is_deleted_and_a_table_gets_its_backups() throws Exception {
    try (EmbeddedKinesis brief =
        EmbeddedKinesis.builder().retention(Duration.ofSeconds(4)).start()) {
      brief.createStream("brief", 1);
      Running running = run(configuration("roleCleaner", "the-cleaner", "brief", brief));
      await().atMost(PATIENCE).until(() -> leases("the-cleaner") == 1);
      brief.split("brief", "shardId-000000000000");
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                brief.put("brief", "k", new byte[1]);
                return leases("the-cleaner") == 3;
              });
      // an hour has to pass; the row says that it has
      Map<String, AttributeValue> key =
          Map.of("leaseKey", AttributeValue.fromS("shardId-000000000000"));
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  tables
                      .getItem(r -> r.tableName("the-cleaner").key(key))
                      .join()
                      .item()
                      .containsKey("endedAtMillis"));
      tables
          .updateItem(
              r ->
                  r.tableName("the-cleaner")
                      .key(key)
                      .updateExpression("SET endedAtMillis = endedAtMillis - :hours")
                      .expressionAttributeValues(Map.of(":hours", AttributeValue.fromN("7200000"))))
          .join();
      await().atMost(PATIENCE).until(() -> leases("the-cleaner") == 2);
      running.stop();
    }
    assertAllowed("roleCleaner", workerOf("brief", "the-cleaner"));

    // DynamoDB Local has no backups, so this start goes no further than to ask for them
    kinesis.createStream("backed-up", 1);
    Running backedUp =
        run(
            configuration("roleBackups", "the-backups", "backed-up", kinesis)
                .withPointInTimeRecovery(true));
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                RecordedCalls.seen().stream()
                    .anyMatch(d -> d.action().equals("dynamodb:UpdateContinuousBackups")));
    backedUp.interrupt();
    assertAllowed("roleBackups", workerOf("backed-up", "the-backups"));
  }

  @Test
  @Order(3)
  void the_commands_about_leases_ask_for_less_than_a_worker() throws Exception {
    kinesis.createStream("handed-back", 2);
    Child worker = worker("roleDying", "the-handed-back", "handed-back");
    put("handed-back", "first", 10);
    await().atMost(PATIENCE).until(() -> worker.has("first", 10));
    worker.process.destroyForcibly().waitFor();

    String[] where = {
      "--table",
      "the-handed-back",
      "--region",
      REGION,
      "--dynamodb-endpoint",
      dynamoDb.endpoint().toString()
    };
    cli("roleLeases", words("leases", "check", where));
    cli("roleLeases", words("leases", "hand-back", where));

    assertAllowed(
        "roleLeases", Policy.read("leases", "table/referrer-counter", "table/the-handed-back"));
    worker.collect();
    assertAllowed("roleDying", workerOf("handed-back", "the-handed-back"));
  }

  @Test
  @Order(4)
  void objects_in_s3() throws Exception {
    kinesis.createStream("to-s3", 1);
    byte[] payload = new byte[900_000];
    for (int i = 0; i < 8; i++) {
      kinesis.put("to-s3", "large-" + i, payload);
    }
    String file =
        """
        source: {stream: to-s3, application: %s, region: eu-west-1, kinesisEndpoint: %s, dynamodbEndpoint: %s}
        buffer: {records: 8, bytes: 20 MiB, age: 1 s}
        sink:
          type: s3
          endpoint: %s
          bucket: my-bucket
          prefix: clicks/
          format: raw
          multipartThreshold: 5 MiB
          tags: {team: clicks}
        """;
    Path first = pipeline(file, "to-s3", kinesis.endpoint(), dynamoDb.endpoint(), s3.endpoint());
    runUntil("roleS3", first, 8);
    put("to-s3", "small", 3);
    runUntil("roleS3", first, 3);
    // as after a reset of the leases: what is there is found, and adopted
    Path again =
        pipeline(file, "to-s3-again", kinesis.endpoint(), dynamoDb.endpoint(), s3.endpoint());
    runUntil("roleS3Again", again, 11);
    check("roleS3", first);

    assertAllowed("roleS3", workerOf("to-s3", "to-s3"), Policy.read("s3"));
    assertAllowed("roleS3Again", workerOf("to-s3", "to-s3-again"), Policy.read("s3"));
  }

  @Test
  @Order(5)
  void rows_in_dynamodb() throws Exception {
    kinesis.createStream("to-rows", 1);
    for (String op : List.of("put", "update", "increment", "delete")) {
      json("to-rows", "{\"id\":\"%s\",\"op\":\"%s\",\"n\":1}".formatted(op, op));
    }
    String file =
        """
        source: {stream: to-rows, application: %s, region: eu-west-1, kinesisEndpoint: %s, dynamodbEndpoint: %s}
        buffer: {age: 300 ms}
        sink:
          type: dynamodb
        """;
    Path ordered =
        pipeline(
            file
                + """
                  table: users
                  createTable: true
                  partitionKey: id
                  operationField: op
                  operations: {put: put, update: update, increment: increment, delete: delete}
                  attributes: {id: id S, n: n N}
                """,
            "to-rows",
            kinesis.endpoint(),
            dynamoDb.endpoint());
    runUntil("roleRows", ordered, 4);
    check("roleRows", ordered);
    assertAllowed("roleRows", workerOf("to-rows", "to-rows"), Policy.read("dynamodb"));

    Path batch =
        pipeline(
            file
                + """
                  table: the-log
                  createTable: true
                  mode: batch
                  partitionKey: key
                  attributes: {key: $identity, id: id S}
                """,
            "to-log",
            kinesis.endpoint(),
            dynamoDb.endpoint());
    runUntil("roleBatches", batch, 4);
    assertAllowed(
        "roleBatches",
        workerOf("to-rows", "to-log"),
        Policy.read("dynamodb", "table/users", "table/the-log"));
  }

  @Test
  @Order(6)
  void rows_in_redshift_by_both_flows() throws Exception {
    kinesis.createStream("to-redshift", 1);
    for (int i = 0; i < 5; i++) {
      json("to-redshift", "{\"id\":\"%d\",\"n\":%d}".formatted(i, i));
    }
    // COPY drops it, and the file is read again for the sake of a dead letter
    json("to-redshift", "{\"id\":\"x\",\"n\":\"no number\"}");
    try (EmbeddedRedshift redshift = EmbeddedRedshift.start(s3.endpoint())) {
      String file =
          """
          source: {stream: to-redshift, application: %s, region: eu-west-1, kinesisEndpoint: %s, dynamodbEndpoint: %s}
          buffer: {age: 300 ms}
          deadLetter: {type: file, directory: dead}
          sink:
            url: %s
            user: %s
            password: %s
            columns: [id required, n]
            createHistory: true
            createTable: true
            tableColumns: {id: varchar(64), n: bigint}
            maxErrors: 5
            bucket: my-staging
            prefix: clicks/
            s3Endpoint: %s
            iamRole: arn:aws:iam::123456789012:role/redshift-copy
          """;
      Path basic =
          pipeline(
              file + "  type: redshift\n  table: public.basic\n",
              "to-redshift",
              kinesis.endpoint(),
              dynamoDb.endpoint(),
              redshift.jdbcUrl(),
              redshift.user(),
              redshift.password(),
              s3.endpoint());
      runUntil("roleRedshift", basic, 6);
      check("roleRedshift", basic);
      assertAllowed(
          "roleRedshift", workerOf("to-redshift", "to-redshift"), Policy.read("redshift"));

      Path manifest =
          pipeline(
              file
                  + """
                    type: redshift-manifest
                    table: public.manifest
                    announcements: clicks-files
                    createAnnouncements: true
                    loadAge: 500 ms
                    loadApplication: to-manifest-load
                  """,
              "to-manifest",
              kinesis.endpoint(),
              dynamoDb.endpoint(),
              redshift.jdbcUrl(),
              redshift.user(),
              redshift.password(),
              s3.endpoint());
      runUntil("roleManifest", manifest, 6);
      assertAllowed(
          "roleManifest",
          workerOf("to-redshift", "to-manifest"),
          Policy.read("redshift"),
          Policy.read(
              "redshift-manifest", "table/referrer-counter-load", "table/to-manifest-load"));
    }
  }

  @Test
  @Order(7)
  void dead_letters_are_stored_and_put_back() throws Exception {
    queues.createQueue(r -> r.queueName("clicks-dead")).join();
    kinesis.createStream("clicks-dead", 1);
    deadLetters("s3", "bucket: my-bucket, prefix: dead/, endpoint: " + s3.endpoint());
    deadLetters("sqs", "queue: clicks-dead, endpoint: " + sqs.endpoint());
    deadLetters("kinesis", "stream: clicks-dead, endpoint: " + kinesis.endpoint());
  }

  private void deadLetters(String type, String keys) throws Exception {
    String name = "dead-in-" + type;
    kinesis.createStream(name, 1);
    json(name, "{\"id\":\"good\"}");
    json(name, "no JSON at all");
    Path file =
        pipeline(
            """
            source: {stream: %s, application: %s, region: eu-west-1, kinesisEndpoint: %s, dynamodbEndpoint: %s}
            transform: [flatten]
            buffer: {age: 300 ms}
            sink: {type: dynamodb, table: %s-rows, partitionKey: id, createTable: true}
            deadLetter: {type: %s, %s}
            """,
            name, name, kinesis.endpoint(), dynamoDb.endpoint(), name, type, keys);
    String role = "roleDead" + type;
    runUntil(role, file, 2);
    check(role, file);
    Policy letters = Policy.read("dead-letters-" + type);
    assertAllowed(
        role,
        workerOf(name, name),
        Policy.read("dynamodb", "table/users", "table/" + name + "-rows"),
        letters);

    String operator = "roleReplay" + type;
    assertThat(
            cli(
                operator,
                "dlq",
                "replay",
                file.toString(),
                "--ledger",
                folder.resolve(name + ".done").toString()))
        .contains("1");
    assertAllowed(operator, letters, Policy.read("replay", "stream/clicks", "stream/" + name));
  }

  @Test
  @Order(LAST)
  void every_action_of_a_policy_was_needed_by_a_run() throws Exception {
    List<String> files;
    try (Stream<Path> found = Files.list(Policy.FOLDER)) {
      files =
          found.map(f -> f.getFileName().toString().replaceFirst("\\.json$", "")).sorted().toList();
    }
    List<String> unneeded = new ArrayList<>();
    Set<String> excused = new LinkedHashSet<>();
    for (String file : files) {
      for (Grant grant : Policy.read(file).grants()) {
        boolean needed =
            NEEDED.stream()
                .anyMatch(n -> n.file().equals(file) && n.action().equals(grant.action()));
        if (!needed) {
          Stream.of(file, file + " " + grant.action())
              .filter(CANNOT_BE_SEEN::containsKey)
              .findFirst()
              .ifPresentOrElse(excused::add, () -> unneeded.add(grant.toString()));
        }
      }
    }
    assertThat(unneeded).isEmpty();
    assertThat(excused).isEqualTo(CANNOT_BE_SEEN.keySet());
  }

  // ---------------------------------------------------------------------------------------------

  private static void assertAllowed(String role, Policy... policies) {
    List<Demand> demands =
        Stream.concat(DEMANDS.stream(), RecordedCalls.seen().stream())
            .filter(demand -> demand.role().equals(role))
            .distinct()
            .toList();
    assertThat(demands).as("calls of " + role).isNotEmpty();
    assertThat(demands)
        .as("what " + role + " is not allowed")
        .filteredOn(demand -> Stream.of(policies).noneMatch(policy -> policy.allows(demand)))
        .isEmpty();
    for (Policy policy : policies) {
      for (Grant grant : policy.grants()) {
        if (demands.stream().anyMatch(grant::covers)) {
          NEEDED.add(grant);
        }
      }
    }
  }

  private static Policy workerOf(String stream, String table) throws IOException {
    return Policy.read(
        "worker", "stream/clicks", "stream/" + stream, "table/referrer-counter", "table/" + table);
  }

  private static AwsCredentialsProvider credentials(String role) {
    return StaticCredentialsProvider.create(AwsBasicCredentials.create(role, "secret"));
  }

  private static void put(String stream, String kind, int count) {
    IntStream.range(0, count)
        .forEach(
            i -> kinesis.put(stream, kind + i, (kind + "-" + i).getBytes(StandardCharsets.UTF_8)));
  }

  private static void json(String stream, String text) {
    kinesis.put(stream, text, text.getBytes(StandardCharsets.UTF_8));
  }

  private static long leases(String table) {
    try {
      return tables.scan(r -> r.tableName(table)).join().items().stream()
          .filter(item -> item.get("leaseKey").s().startsWith("shardId-"))
          .count();
    } catch (RuntimeException e) {
      return 0; // there is no table yet
    }
  }

  private static KinesisClientLibConfiguration configuration(
      String role, String application, String stream, EmbeddedKinesis server) {
    return new KinesisClientLibConfiguration(application, stream, credentials(role), "w")
        .withRegionName(REGION)
        .withKinesisEndpoint(server.endpoint().toString())
        .withDynamoDBEndpoint(dynamoDb.endpoint().toString())
        .withInitialPositionInStream(InitialPositionInStream.TRIM_HORIZON)
        .withShardSyncIntervalMillis(1_000);
  }

  private record Running(Worker worker, Thread thread) {
    void stop() throws Exception {
      worker.startGracefulShutdown().get();
      thread.join();
    }

    /** One that is still starting does not hear of a shutdown before its table is there. */
    void interrupt() throws Exception {
      thread.interrupt();
      thread.join(PATIENCE.toMillis());
    }
  }

  private static Running run(KinesisClientLibConfiguration configuration) {
    IRecordProcessor checkpointing = (records, checkpointer) -> checkpointer.checkpoint();
    Worker worker = new Worker(() -> checkpointing, configuration);
    Thread thread =
        new Thread(
            () -> {
              try {
                worker.run();
              } catch (RuntimeException e) {
                // what it could not do is no matter here; what it asked for is
              }
            },
            "worker-under-test");
    thread.setDaemon(true);
    thread.start();
    return new Running(worker, thread);
  }

  private Path pipeline(String text, Object... values) throws IOException {
    return Files.writeString(
        folder.resolve("pipeline-" + outputs++ + ".yaml"), text.formatted(values));
  }

  /** Runs a config file in this process until so many records are stored or dead. */
  private static void runUntil(String role, Path file, int records) throws Exception {
    PipelineConfig config = PipelineConfig.read(file, Modules.installed(), name -> null);
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Host host = new Host(credentials(role), Map.of(), registry);
    try (StagedApplication application = StagedApplication.open(config, host)) {
      Thread thread = new Thread(application::run, "pipeline-under-test");
      thread.setDaemon(true);
      thread.start();
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  count(registry, "items.emitted")
                          + count(registry, "items.duplicate")
                          + count(registry, "records.dead")
                      >= records + application.parts().size() - 1);
      application.stopGracefully();
      thread.join();
    }
  }

  private static long count(SimpleMeterRegistry registry, String name) {
    return registry.find("millrace.connector." + name).counters().stream()
        .mapToLong(counter -> (long) counter.count())
        .sum();
  }

  private Child worker(String role, String application, String stream) throws IOException {
    return child(
        "io.millrace.it.iam.WorkerProcess",
        role,
        role,
        application,
        stream,
        kinesis.endpoint().toString(),
        dynamoDb.endpoint().toString());
  }

  /** What {@code ./millrace check} does. */
  private static void check(String role, Path file) throws Exception {
    PipelineConfig config = PipelineConfig.read(file, Modules.installed(), name -> null);
    Host host = new Host(credentials(role), Map.of(), new SimpleMeterRegistry());
    assertThat(ConnectorApplication.check(config, host)).isNotEmpty().allMatch(Finding::ok);
  }

  /** Runs the command line as somebody does, and returns what it said; it has to end well. */
  private String cli(String role, String... words) throws Exception {
    Child child = child("io.millrace.cli.Millrace", role, words);
    assertThat(child.process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    String said = child.said() + Files.readString(child.errors);
    assertThat(child.process.exitValue()).as(said).isZero();
    child.collect();
    return said;
  }

  private static String[] words(String first, String second, String... more) {
    return Stream.concat(Stream.of(first, second), Stream.of(more)).toArray(String[]::new);
  }

  private Child child(String main, String role, String... words) throws IOException {
    Path out = folder.resolve("out-" + outputs++);
    Path errors = folder.resolve("err-" + outputs++);
    Path calls = folder.resolve("calls-" + outputs++);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-D" + RecordedCalls.FILE + "=" + calls);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main);
    command.addAll(List.of(words));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(errors.toFile());
    builder.environment().put("AWS_ACCESS_KEY_ID", role);
    builder.environment().put("AWS_SECRET_ACCESS_KEY", "secret");
    Process process = builder.start();
    processes.add(process);
    return new Child(process, out, errors, calls);
  }

  private record Child(Process process, Path out, Path errors, Path calls) {
    String said() throws IOException {
      return Files.readString(out);
    }

    long count(String kind) throws IOException {
      return said().lines().filter(line -> line.startsWith(kind + "-")).distinct().count();
    }

    boolean has(String kind, int count) throws IOException {
      return count(kind) >= count;
    }

    void collect() throws IOException {
      DEMANDS.addAll(RecordedCalls.read(calls));
    }
  }
}
