package io.millrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;

class KinesisClientLibConfigurationTest {

  private static final String ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks";

  private static KinesisClientLibConfiguration configuration() {
    return configuration("clicks");
  }

  private static KinesisClientLibConfiguration configuration(String stream) {
    return new KinesisClientLibConfiguration(
        "referrer-counter", stream, AnonymousCredentialsProvider.create(), "worker-1");
  }

  private static List<Method> setters() {
    return Arrays.stream(KinesisClientLibConfiguration.class.getMethods())
        .filter(method -> method.getName().startsWith("with"))
        .toList();
  }

  @Test
  void the_form_of_the_slides_names_application_stream_credentials_and_worker() {
    KinesisClientLibConfiguration configuration =
        configuration().withInitialPositionInStream(InitialPositionInStream.TRIM_HORIZON);
    assertThat(configuration.getApplicationName()).isEqualTo("referrer-counter");
    assertThat(configuration.getStreamName()).isEqualTo("clicks");
    assertThat(configuration.getWorkerIdentifier()).isEqualTo("worker-1");
    assertThat(configuration.getTableName()).isEqualTo("referrer-counter");
    assertThat(configuration.getInitialPositionInStream())
        .isEqualTo(InitialPositionInStream.TRIM_HORIZON);
  }

  @Test
  void without_a_worker_id_every_configuration_gets_one_of_its_own() {
    String one = new KinesisClientLibConfiguration("app", "clicks").getWorkerIdentifier();
    String two = new KinesisClientLibConfiguration("app", "clicks").getWorkerIdentifier();
    assertThat(one).isNotBlank().isNotEqualTo(two);
  }

  @Test
  void defaults_are_those_of_the_documentation() {
    KinesisClientLibConfiguration defaults = configuration();
    assertThat(defaults.getInitialPositionInStream()).isEqualTo(InitialPositionInStream.LATEST);
    assertThat(defaults.getFailoverTimeMillis()).isEqualTo(6_000);
    assertThat(defaults.getHeartbeatIntervalMillis()).isEqualTo(1_000);
    assertThat(defaults.getMaxRecords()).isEqualTo(10_000);
    assertThat(defaults.getIdleTimeBetweenReadsInMillis()).isEqualTo(1_000);
    assertThat(defaults.getShardSyncIntervalMillis()).isEqualTo(60_000);
    assertThat(defaults.getParentShardPollIntervalMillis()).isEqualTo(1_000);
    assertThat(defaults.getTaskBackoffTimeMillis()).isEqualTo(500);
    assertThat(defaults.getMaxTaskBackoffTimeMillis()).isEqualTo(30_000);
    assertThat(defaults.getShutdownGraceMillis()).isEqualTo(30_000);
    assertThat(defaults.getPrefetchByteBudget()).isEqualTo(67_108_864);
    assertThat(defaults.getMaxLeasesForWorker()).isEqualTo(Integer.MAX_VALUE);
    assertThat(defaults.getWeight()).isEqualTo(100);
    assertThat(defaults.shouldCallProcessRecordsEvenForEmptyRecordList()).isFalse();
    assertThat(defaults.isRegisterShutdownHook()).isFalse();
    assertThat(defaults.getTableCreation()).isEqualTo(TableCreation.CREATE);
    assertThat(defaults.getBillingMode()).isEqualTo(BillingMode.PAY_PER_REQUEST);
    assertThat(defaults.getBalanceBy()).isEqualTo(BalanceBy.LEASES);
    assertThat(defaults.getInitialLeaseTableReadCapacity()).isEqualTo(10);
    assertThat(defaults.getInitialLeaseTableWriteCapacity()).isEqualTo(10);
    assertThat(defaults.getTableTags()).isEmpty();
    assertThat(defaults.isPointInTimeRecovery()).isFalse();
    assertThat(defaults.isDeletionProtection()).isFalse();
    assertThat(defaults.getRegionName()).isEmpty();
    assertThat(defaults.getKinesisEndpoint()).isEmpty();
    assertThat(defaults.getDynamoDBEndpoint()).isEmpty();
  }

  @Test
  void every_setter_changes_the_object_and_returns_it() {
    KinesisClientLibConfiguration configuration = configuration();
    KinesisClientLibConfiguration returned =
        configuration
            .withFailoverTimeMillis(20_000)
            .withHeartbeatIntervalMillis(2_000)
            .withMaxRecords(500)
            .withIdleTimeBetweenReadsInMillis(250)
            .withShardSyncIntervalMillis(30_000)
            .withParentShardPollIntervalMillis(10_000)
            .withMaxTaskBackoffTimeMillis(60_000)
            .withTaskBackoffTimeMillis(1_000)
            .withShutdownGraceMillis(0)
            .withPrefetchByteBudget(1_048_576)
            .withMaxLeasesForWorker(7)
            .withWeight(200)
            .withCallProcessRecordsEvenForEmptyRecordList(true)
            .withRegisterShutdownHook(true)
            .withTableCreation(TableCreation.NEVER)
            .withBalanceBy(BalanceBy.BYTES)
            .withBillingMode(BillingMode.PROVISIONED)
            .withInitialLeaseTableReadCapacity(20)
            .withInitialLeaseTableWriteCapacity(30)
            .withTableTags(Map.of("team", "web"))
            .withPointInTimeRecovery(true)
            .withDeletionProtection(true)
            .withTableName("other-table")
            .withRegionName("eu-west-1")
            .withKinesisEndpoint("http://localhost:4567")
            .withDynamoDBEndpoint("dynamodb.eu-west-1.amazonaws.com")
            .withTimestampAtInitialPositionInStream(new Date(1_700_000_000_000L));
    assertThat(returned).isSameAs(configuration);
    assertThat(configuration.getFailoverTimeMillis()).isEqualTo(20_000);
    assertThat(configuration.getHeartbeatIntervalMillis()).isEqualTo(2_000);
    assertThat(configuration.getMaxRecords()).isEqualTo(500);
    assertThat(configuration.getIdleTimeBetweenReadsInMillis()).isEqualTo(250);
    assertThat(configuration.getShardSyncIntervalMillis()).isEqualTo(30_000);
    assertThat(configuration.getParentShardPollIntervalMillis()).isEqualTo(10_000);
    assertThat(configuration.getMaxTaskBackoffTimeMillis()).isEqualTo(60_000);
    assertThat(configuration.getTaskBackoffTimeMillis()).isEqualTo(1_000);
    assertThat(configuration.getShutdownGraceMillis()).isZero();
    assertThat(configuration.getPrefetchByteBudget()).isEqualTo(1_048_576);
    assertThat(configuration.getMaxLeasesForWorker()).isEqualTo(7);
    assertThat(configuration.getWeight()).isEqualTo(200);
    assertThat(configuration.shouldCallProcessRecordsEvenForEmptyRecordList()).isTrue();
    assertThat(configuration.isRegisterShutdownHook()).isTrue();
    assertThat(configuration.getTableCreation()).isEqualTo(TableCreation.NEVER);
    assertThat(configuration.getBalanceBy()).isEqualTo(BalanceBy.BYTES);
    assertThat(configuration.getBillingMode()).isEqualTo(BillingMode.PROVISIONED);
    assertThat(configuration.getInitialLeaseTableReadCapacity()).isEqualTo(20);
    assertThat(configuration.getInitialLeaseTableWriteCapacity()).isEqualTo(30);
    assertThat(configuration.getTableTags()).containsExactly(Map.entry("team", "web"));
    assertThat(configuration.isPointInTimeRecovery()).isTrue();
    assertThat(configuration.isDeletionProtection()).isTrue();
    assertThat(configuration.getTableName()).isEqualTo("other-table");
    assertThat(configuration.getRegionName()).contains("eu-west-1");
    assertThat(configuration.getKinesisEndpoint()).contains(URI.create("http://localhost:4567"));
    assertThat(configuration.getDynamoDBEndpoint())
        .contains(URI.create("https://dynamodb.eu-west-1.amazonaws.com"));
    assertThat(configuration.getInitialPositionInStream())
        .isEqualTo(InitialPositionInStream.AT_TIMESTAMP);
    assertThat(configuration.getTimestampAtInitialPositionInStream())
        .contains(Instant.ofEpochMilli(1_700_000_000_000L));
  }

  static List<Arguments> refusals() {
    return List.of(
        refusal("withFailoverTimeMillis", "2999", c -> c.withFailoverTimeMillis(2_999)),
        refusal("withFailoverTimeMillis", "600001", c -> c.withFailoverTimeMillis(600_001)),
        refusal("withHeartbeatIntervalMillis", "2001", c -> c.withHeartbeatIntervalMillis(2_001)),
        refusal("withHeartbeatIntervalMillis", "99", c -> c.withHeartbeatIntervalMillis(99)),
        refusal("withMaxRecords", "0", c -> c.withMaxRecords(0)),
        refusal("withMaxRecords", "10001", c -> c.withMaxRecords(10_001)),
        refusal(
            "withIdleTimeBetweenReadsInMillis", "0", c -> c.withIdleTimeBetweenReadsInMillis(0)),
        refusal("withShardSyncIntervalMillis", "999", c -> c.withShardSyncIntervalMillis(999)),
        refusal(
            "withParentShardPollIntervalMillis",
            "99",
            c -> c.withParentShardPollIntervalMillis(99)),
        refusal("withTaskBackoffTimeMillis", "30001", c -> c.withTaskBackoffTimeMillis(30_001)),
        refusal("withMaxTaskBackoffTimeMillis", "499", c -> c.withMaxTaskBackoffTimeMillis(499)),
        refusal("withShutdownGraceMillis", "-1", c -> c.withShutdownGraceMillis(-1)),
        refusal("withPrefetchByteBudget", "1048575", c -> c.withPrefetchByteBudget(1_048_575)),
        refusal("withMaxLeasesForWorker", "0", c -> c.withMaxLeasesForWorker(0)),
        refusal("withWeight", "0", c -> c.withWeight(0)),
        refusal(
            "withInitialLeaseTableReadCapacity", "0", c -> c.withInitialLeaseTableReadCapacity(0)),
        refusal(
            "withInitialLeaseTableWriteCapacity",
            "0",
            c -> c.withInitialLeaseTableWriteCapacity(0)),
        refusal("withTableName", "ab", c -> c.withTableName("ab")),
        refusal("withTableName", "a b c", c -> c.withTableName("a b c")),
        refusal("withRegionName", "Ireland", c -> c.withRegionName("Ireland")),
        refusal("withKinesisEndpoint", "ftp://x", c -> c.withKinesisEndpoint("ftp://x")),
        refusal("withDynamoDBEndpoint", "http://", c -> c.withDynamoDBEndpoint("http://")),
        refusal("withTableTags", "aws:x", c -> c.withTableTags(Map.of("aws:x", "y"))),
        refusal("withBillingMode", "null", c -> c.withBillingMode(null)),
        refusal("withBalanceBy", "null", c -> c.withBalanceBy(null)),
        refusal("withTableCreation", "null", c -> c.withTableCreation(null)),
        refusal(
            "withTimestampAtInitialPositionInStream",
            "null",
            c -> c.withTimestampAtInitialPositionInStream((Date) null)),
        refusal(
            "withInitialPositionInStream",
            "AT_TIMESTAMP",
            c -> c.withInitialPositionInStream(InitialPositionInStream.AT_TIMESTAMP)));
  }

  private static Arguments refusal(
      String setter, String value, UnaryOperator<KinesisClientLibConfiguration> call) {
    return Arguments.of(setter, value, call);
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("refusals")
  void a_bad_value_is_refused_at_once_with_setter_value_and_what_is_allowed(
      String setter, String value, UnaryOperator<KinesisClientLibConfiguration> call) {
    assertThatThrownBy(() -> call.apply(configuration()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(setter)
        .hasMessageContaining(value)
        .hasMessageContaining("allowed:");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ab", "has space", "slash/es", "ümlaut"})
  void an_application_name_that_cannot_be_a_tables_name_is_refused(String name) {
    assertThatThrownBy(() -> new KinesisClientLibConfiguration(name, "clicks"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("applicationName")
        .hasMessageContaining("3 to 255");
  }

  @Test
  void a_stream_may_be_named_by_its_arn_which_also_says_the_region() {
    KinesisClientLibConfiguration configuration = configuration(ARN);
    assertThat(configuration.getStreamName()).isEqualTo("clicks");
    assertThat(configuration.getStreamArn()).contains(ARN);
    assertThat(configuration.getRegionName()).contains("eu-west-1");
  }

  @Test
  void a_region_that_contradicts_the_arn_is_refused() {
    assertThatThrownBy(() -> configuration(ARN).withRegionName("us-east-1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("us-east-1")
        .hasMessageContaining(ARN);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "arn:aws:kinesis:eu-west-1:123456789012:clicks",
        "arn:aws:kinesis::123456789012:stream/clicks",
        "arn:aws:kinesis:eu-west-1:1234:stream/clicks",
        "arn:aws:s3:::bucket"
      })
  void a_malformed_arn_is_refused_with_an_example(String arn) {
    assertThatThrownBy(() -> configuration(arn))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(arn)
        .hasMessageContaining("arn:aws:kinesis:eu-west-1:123456789012:stream/clicks");
  }

  @Test
  void later_changes_to_the_map_of_tags_have_no_effect() {
    Map<String, String> tags = new HashMap<>(Map.of("team", "web"));
    KinesisClientLibConfiguration configuration = configuration().withTableTags(tags);
    tags.put("late", "tag");
    assertThat(configuration.getTableTags()).containsOnlyKeys("team");
  }

  @Test
  void a_worker_seals_its_configuration_against_every_setter() throws Exception {
    KinesisClientLibConfiguration sealed = configuration().seal();
    for (Method setter : setters()) {
      Class<?> type = setter.getParameterTypes()[0];
      Object value =
          type == boolean.class
              ? Boolean.TRUE
              : type == int.class
                  ? Integer.valueOf(5)
                  : type == long.class ? Long.valueOf(5) : type == Date.class ? new Date() : null;
      assertThatThrownBy(() -> invoke(setter, sealed, value))
          .as(setter.getName())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(setter.getName());
    }
  }

  private static Object invoke(Method setter, Object target, Object value) throws Throwable {
    try {
      return setter.invoke(target, value);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  @Test
  void the_configuration_reference_has_a_row_for_every_setter() throws Exception {
    String reference = Files.readString(Path.of("..", "docs", "configuration.md"));
    assertThat(setters())
        .isNotEmpty()
        .allSatisfy(setter -> assertThat(reference).contains("| `" + setter.getName() + "` |"));
  }
}
