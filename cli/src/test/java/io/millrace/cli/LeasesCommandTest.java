package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.kcl.aws.AwsClients;
import io.millrace.lease.Application;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseStore;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.dynamodb.DynamoDbLeaseStore;
import io.millrace.lease.dynamodb.LeaseTable;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** On DynamoDB Local. */
class LeasesCommandTest {

  private static final StaticCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local"));
  private static final String SHARD = "shardId-000000000000";
  private static final SessionId SESSION = SessionId.create("w", 0, 0, 1);

  private static DynamoDbLocal dynamoDb;
  private static AwsClients clients;
  private static int tables;

  private final String table = "leases-" + tables++;
  private StringWriter out = new StringWriter();
  private StringWriter err = new StringWriter();

  @BeforeAll
  static void start() {
    dynamoDb = DynamoDbLocal.start();
    clients =
        AwsClients.builder()
            .credentialsProvider(CREDENTIALS)
            .regionName("us-east-1")
            .dynamoDbEndpoint(dynamoDb.endpoint())
            .build();
  }

  @AfterAll
  static void stop() {
    clients.close();
    dynamoDb.close();
  }

  private static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private LeaseStore create() {
    await(LeaseTable.builder(clients.dynamoDb(), table).build().ensure());
    return DynamoDbLeaseStore.builder(clients.dynamoDb(), table).build();
  }

  /** An application of ours with one lease and one session that was killed. */
  private LeaseStore ours(Checkpoint checkpoint, OptionalLong startAt) {
    LeaseStore store = create();
    await(store.createApplication(new Application("arn:stream", 5, "TRIM_HORIZON", null, true)));
    await(store.createPage(0));
    await(store.join(new Session(SESSION, 1, 1_000, 100, Integer.MAX_VALUE, null, false)));
    Lease row =
        await(
            store.create(
                Lease.unowned(
                    LeaseKey.of(SHARD),
                    checkpoint,
                    startAt,
                    Collections.emptySortedSet(),
                    HashKeyRange.ALL)));
    await(store.claim(row, SESSION, OptionalLong.empty()));
    return store;
  }

  private void theirs(Map<String, AttributeValue> more) {
    create();
    Map<String, AttributeValue> row = new java.util.TreeMap<>(more);
    row.putIfAbsent("leaseKey", AttributeValue.fromS(SHARD));
    row.put("leaseCounter", AttributeValue.fromN("42"));
    row.putIfAbsent("checkpoint", AttributeValue.fromS("17"));
    row.put("ownerSwitchesSinceCheckpoint", AttributeValue.fromN("0"));
    row.put("checkpointSubSequenceNumber", AttributeValue.fromN("0"));
    clients.dynamoDb().putItem(r -> r.tableName(table).item(row)).join();
  }

  private List<String> keys() {
    return clients.dynamoDb().scan(r -> r.tableName(table)).join().items().stream()
        .map(row -> row.get("leaseKey").s())
        .sorted()
        .toList();
  }

  private int leases(String... words) {
    return plain(words[0], concat(words, "--dynamodb-endpoint", dynamoDb.endpoint().toString()));
  }

  private static String[] concat(String[] words, String... more) {
    List<String> all = new ArrayList<>(Arrays.asList(words).subList(1, words.length));
    all.addAll(Arrays.asList(more));
    return all.toArray(String[]::new);
  }

  private int plain(String command, String... words) {
    out = new StringWriter();
    err = new StringWriter();
    CommandLine commandLine = Millrace.commandLine();
    Map<String, CommandLine> subcommands =
        commandLine.getSubcommands().get("leases").getSubcommands();
    ((LeasesCheckCommand) subcommands.get("check").getCommand()).at.credentials = CREDENTIALS;
    ((LeasesHandBackCommand) subcommands.get("hand-back").getCommand()).at.credentials =
        CREDENTIALS;
    List<String> line = new ArrayList<>(List.of("leases", command));
    line.addAll(Arrays.asList(words));
    return commandLine
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(line.toArray(String[]::new));
  }

  // ---- check

  @Test
  void a_table_of_ours_is_recognised_with_stream_sessions_owners_and_leases() {
    ours(Checkpoint.at(SequenceNumber.of("17"), 3), OptionalLong.empty());
    assertThat(leases("check", "--table", table)).isZero();
    assertThat(out.toString())
        .contains(
            table + ": Millrace",
            "stream    arn:stream",
            "session   " + SESSION.value(),
            "owner     " + SESSION.value() + ": 1 unfinished, a session",
            "lease     " + SHARD + " at 17",
            "start     a worker would join");
  }

  @Test
  void a_table_of_the_other_library_is_recognised_with_its_version_and_what_would_happen() {
    theirs(
        Map.of(
            "leaseOwner",
            AttributeValue.fromS("ip-10-0-0-1:5c3e"),
            "checkpoint",
            AttributeValue.fromS("LATEST"),
            "throughputKBps",
            AttributeValue.fromN("1.5")));
    assertThat(leases("check", "--table", table)).isZero();
    assertThat(out.toString())
        .contains(
            "of another library",
            "the Kinesis Client Library 3",
            "ip-10-0-0-1:5c3e: 1 unfinished, a worker of another library",
            "a worker would watch the 1 owned leases",
            "must be configured for LATEST or AT_TIMESTAMP");
    assertThat(keys()).containsExactly(SHARD);
  }

  @Test
  void both_at_once_are_a_problem() {
    ours(Checkpoint.TRIM_HORIZON, OptionalLong.empty());
    theirs(Map.of("leaseOwner", AttributeValue.fromS("ip-10-0-0-1:5c3e")));
    assertThat(leases("check", "--table", table)).isEqualTo(1);
    assertThat(out.toString()).contains("mixed", "PROBLEM   two libraries use this table");
  }

  @Test
  void a_row_that_cannot_be_read_is_a_problem() {
    theirs(Map.of("checkpoint", AttributeValue.fromS("somewhere")));
    assertThat(leases("check", "--table", table)).isEqualTo(1);
    assertThat(out.toString()).contains("PROBLEM   row " + SHARD, "somewhere");
  }

  @Test
  void leases_of_several_streams_are_a_problem() {
    theirs(Map.of("leaseKey", AttributeValue.fromS("123456789012:clicks:17:shardId-0")));
    assertThat(leases("check", "--table", table)).isEqualTo(1);
    assertThat(out.toString()).contains("several streams", "123456789012:clicks:17:shardId-0");
  }

  @Test
  void a_table_that_does_not_exist_or_is_not_named_is_said() {
    assertThat(leases("check", "--table", "nowhere")).isEqualTo(2);
    assertThat(err.toString()).contains("nowhere");
    assertThat(plain("check")).isEqualTo(2);
    assertThat(err.toString()).contains("a config file, or --table");
    assertThat(plain("check", "a.yaml", "--table", table)).isEqualTo(2);
    assertThat(err.toString()).contains("not allowed beside the config file");
    assertThat(plain("check", "a.yaml", "--region", "us-east-1")).isEqualTo(2);
    assertThat(err.toString()).contains("--region");
  }

  // ---- hand-back

  @Test
  void after_a_hand_back_only_leases_are_left_and_nobody_owns_them() {
    ours(Checkpoint.at(SequenceNumber.of("17"), 3), OptionalLong.empty());
    assertThat(leases("hand-back", "--table", table)).isZero();
    assertThat(out.toString())
        .contains("is handed back: 1 leases stay, 1 of them released; 2 rows");
    assertThat(keys()).containsExactly(SHARD);
    Map<String, AttributeValue> row =
        clients.dynamoDb().scan(r -> r.tableName(table)).join().items().get(0);
    assertThat(row)
        .doesNotContainKey("leaseOwner")
        .containsEntry("leaseCounter", AttributeValue.fromN("2"))
        .containsEntry("checkpoint", AttributeValue.fromS("17"))
        .containsEntry("checkpointSubSequenceNumber", AttributeValue.fromN("3"));

    assertThat(leases("hand-back", "--table", table)).isZero();
    assertThat(out.toString()).contains("Nothing to do");
  }

  @Test
  void a_living_worker_keeps_its_table() throws Exception {
    LeaseStore store = ours(Checkpoint.TRIM_HORIZON, OptionalLong.empty());
    List<String> before = keys();
    Thread beats =
        new Thread(
            () -> {
              for (long beat = 2; !Thread.currentThread().isInterrupted(); beat++) {
                await(
                    store.beat(
                        new Session(SESSION, beat, 1_000, 100, Integer.MAX_VALUE, null, false)));
              }
            },
            "beats");
    beats.start();
    try {
      assertThat(leases("hand-back", "--table", table)).isEqualTo(1);
    } finally {
      beats.interrupt();
      beats.join();
    }
    assertThat(err.toString()).contains("nothing was changed", "alive", SESSION.value());
    assertThat(keys()).isEqualTo(before);
  }

  @Test
  void a_lease_at_a_time_is_handed_back_only_with_that_time() {
    ours(Checkpoint.AT_TIMESTAMP, OptionalLong.of(1_700_000_000_000L));
    assertThat(leases("hand-back", "--table", table)).isEqualTo(1);
    assertThat(err.toString())
        .contains(SHARD, "--kcl-timestamp=2023-11-14T22:13:20Z", "nothing was changed");
    assertThat(keys()).contains("$application");
    assertThat(leases("hand-back", "--table", table, "--kcl-timestamp", "noon")).isEqualTo(2);
    assertThat(leases("hand-back", "--table", table, "--kcl-timestamp", "2023-11-14T22:13:20Z"))
        .isZero();
    assertThat(keys()).containsExactly(SHARD);
  }
}
