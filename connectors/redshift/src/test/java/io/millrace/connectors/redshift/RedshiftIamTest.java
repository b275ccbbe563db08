package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.connectors.config.Finding;
import io.millrace.connectors.redshift.FakeRedshiftApi.Call;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/**
 * The login with IAM of Amazon's driver, against a fake of the Redshift API and over an encrypted
 * connection whose certificate is verified. The driver keeps what it was given for the whole JVM,
 * by cluster and user among others: each test has a cluster.
 */
@Timeout(120)
class RedshiftIamTest {
  private static final AwsCredentialsProvider GOOD = keys(FakeRedshiftApi.SECRET);

  private final String bucket = LocalRedshift.newBucket();
  private final String schema = LocalRedshift.newSchema();
  private final String cluster = "c-" + UUID.randomUUID();
  private FakeRedshiftApi api;

  @BeforeEach
  void start() throws Exception {
    api = new FakeRedshiftApi(LocalRedshift.SERVER.postgresUrl(), LocalRedshift.SERVER.user());
  }

  @AfterEach
  void stop() {
    api.close();
  }

  private static AwsCredentialsProvider keys(String secret) {
    return StaticCredentialsProvider.create(
        AwsBasicCredentials.create(FakeRedshiftApi.accessKeyId(), secret));
  }

  /** The stand-in, by another name than AWS would give it, as behind a load balancer. */
  private String url(String parameters) {
    URI plain = URI.create(LocalRedshift.SERVER.jdbcUrl().substring("jdbc:".length()));
    return "jdbc:redshift:iam://127.0.0.1:"
        + plain.getPort()
        + "/dev?EndpointUrl="
        + api.endpoint()
        + "&sslrootcert="
        + LocalRedshift.CERTIFICATE.file()
        + "&"
        + parameters;
  }

  private String clusterUrl() {
    return url("ClusterID=" + cluster);
  }

  private Database database(String url, String user, AwsCredentialsProvider credentials) {
    return new Database(
        new Database.Address(
            url,
            new Database.Login(user, null, credentials, "eu-west-3"),
            Duration.ofSeconds(30),
            Duration.ofSeconds(60)),
        List.of());
  }

  private static String first(Database database, String sql) throws SQLException {
    try (Connection connection = database.open();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getString(1);
    }
  }

  /** Who the database says is there. */
  private static String whoAmI(Database database) throws SQLException {
    return first(database, "SELECT current_user");
  }

  @Test
  void records_are_loaded_with_a_user_and_a_password_that_aws_gives() throws SQLException {
    RedshiftSinkBuilder builder =
        RedshiftSink.builder(clusterUrl(), schema + ".clicks", LocalRedshift.storage(bucket))
            .user("loader", null)
            .iamLogin(GOOD, "eu-west-3")
            .columns(List.of("id required", "n"))
            .createTable(LocalRedshift.columns(), null, List.of())
            .createHistory(true);
    try (RedshiftSink sink = builder.build()) {
      sink.commit(Ranges.range(sink, 1, "{\"id\":\"a\",\"n\":1}")).toCompletableFuture().join();
    }

    assertThat(
            first(
                database(clusterUrl(), "loader", GOOD),
                "SELECT max(id) || max(n) || count(*) FROM " + schema + ".clicks"))
        .isEqualTo("a11");
    assertThat(
            LocalRedshift.rows(
                "SELECT tableowner FROM pg_tables WHERE schemaname = '" + schema + "'"))
        .containsExactly("IAM:loader", "IAM:loader");
    assertThat(api.calls("GetClusterCredentials"))
        .as("signed with the pipeline's keys, or the fake had refused it")
        .singleElement()
        .satisfies(
            call -> {
              assertThat(call.region()).isEqualTo("eu-west-3");
              assertThat(call.parameters())
                  .containsEntry("ClusterIdentifier", cluster)
                  .containsEntry("DbUser", "loader")
                  .containsEntry("DbName", "dev");
            });
  }

  @Test
  void a_password_is_asked_for_once_while_it_is_good_and_again_when_it_has_expired()
      throws SQLException {
    Database database = database(clusterUrl(), "loader", GOOD);
    api.lifetime(Duration.ofHours(1));
    assertThat(whoAmI(database)).isEqualTo("IAM:loader");
    assertThat(whoAmI(database)).isEqualTo("IAM:loader");
    assertThat(api.calls("GetClusterCredentials")).hasSize(1);

    Database other = database(url("ClusterID=" + cluster + "-2"), "loader", GOOD);
    // less than the minute that the driver leaves itself
    api.lifetime(Duration.ofSeconds(30));
    assertThat(whoAmI(other)).isEqualTo("IAM:loader");
    // the fake makes the password before void with every answer
    assertThat(whoAmI(other)).isEqualTo("IAM:loader");
    assertThat(api.calls("GetClusterCredentials")).hasSize(3);
  }

  @Test
  void temporary_credentials_of_the_pipeline_are_asked_for_anew_at_every_connection()
      throws SQLException {
    List<String> tokens = new java.util.ArrayList<>(List.of("token-1", "token-2"));
    Database database =
        database(
            clusterUrl(),
            "loader",
            () ->
                AwsSessionCredentials.create(
                    FakeRedshiftApi.accessKeyId(), FakeRedshiftApi.SECRET, tokens.remove(0)));
    whoAmI(database);
    whoAmI(database);
    assertThat(api.calls("GetClusterCredentials"))
        .extracting(Call::sessionToken)
        .containsExactly("token-1", "token-2");
  }

  @Test
  void a_password_that_aws_has_not_given_does_not_open_the_door() throws SQLException {
    whoAmI(database(clusterUrl(), "loader", GOOD));
    String plain = LocalRedshift.SERVER.jdbcUrl();
    Database guess =
        new Database(
            new Database.Address(
                plain,
                Database.Login.of("IAM:loader", "guess"),
                Duration.ofSeconds(10),
                Duration.ofSeconds(60)),
            List.of());
    assertThatThrownBy(guess::open)
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).startsWith("28"));
  }

  @Test
  void groups_of_the_identity_are_asked_for_by_the_other_call() throws SQLException {
    Database database = database(url("GroupFederation=true&ClusterID=" + cluster), null, GOOD);
    assertThat(whoAmI(database)).isEqualTo("IAM:federated");
    assertThat(api.calls("GetClusterCredentialsWithIAM")).hasSize(1);
  }

  @Test
  void a_serverless_workgroup_gives_the_user_itself() throws SQLException {
    Database database =
        database(url("IsServerless=true&ServerlessWorkGroup=" + cluster), null, GOOD);
    assertThat(whoAmI(database)).isEqualTo("IAM:millrace");
    assertThat(api.calls("GetCredentials"))
        .singleElement()
        .satisfies(
            call -> assertThat(call.parameters().get("body")).contains("\"" + cluster + "\""));
  }

  // --- what does not work, and what is said then ---

  private String checked(RedshiftSinkBuilder builder) {
    return new DatabaseCheck(builder)
        .run().stream()
            .filter(f -> !f.ok())
            .map(Finding::text)
            .reduce((one, two) -> one + "\n" + two)
            .orElse("");
  }

  private RedshiftSinkBuilder builder(AwsCredentialsProvider credentials) {
    return RedshiftSink.builder(clusterUrl(), schema + ".clicks", LocalRedshift.storage(bucket))
        .user("loader", null)
        .iamLogin(credentials, "eu-west-3")
        .columns(List.of("id"));
  }

  @Test
  void a_permission_that_is_missing_is_named() {
    api.refuse("AccessDenied");
    assertThat(checked(builder(GOOD)))
        .startsWith("Could not connect to jdbc:redshift:iam://127.0.0.1:")
        .contains("is not authorized to perform: redshift:GetClusterCredentials")
        .contains("allow this process's credentials redshift:GetClusterCredentials on")
        .doesNotContain("EndpointUrl", FakeRedshiftApi.SECRET, "something unusual");
  }

  @Test
  void keys_that_aws_does_not_know_are_said() {
    assertThat(checked(builder(keys("another"))))
        .contains("AWS does not know this process's credentials")
        .doesNotContain("another");
  }

  @Test
  void a_cluster_that_is_not_there_is_said() {
    api.refuse("ClusterNotFound");
    assertThat(checked(builder(GOOD))).contains("AWS gives no user for that: look at the cluster");
  }

  @Test
  void what_passes_is_tried_again() {
    api.refuse("ExpiredToken");
    assertThat(checked(builder(GOOD))).endsWith("(tried again)");
    assertThat(
            checked(
                builder(
                    () -> {
                      throw software.amazon.awssdk.core.exception.SdkClientException.create(
                          "Unable to load credentials");
                    })))
        .contains("no login with IAM: Unable to load credentials")
        .endsWith("(tried again)");
    api.close();
    assertThat(checked(builder(GOOD))).endsWith("(tried again)");
  }

  /** When this fails, the driver has learned it, and the refusal of such URLs may go. */
  @Test
  void the_driver_still_does_not_find_a_cluster_by_name_and_region() {
    Properties properties = new Properties();
    properties.setProperty("accesskeyid", FakeRedshiftApi.accessKeyId());
    properties.setProperty("secretaccesskey", FakeRedshiftApi.SECRET);
    assertThatThrownBy(
            () ->
                new com.amazon.redshift.Driver()
                    .connect(
                        "jdbc:redshift:iam://"
                            + cluster
                            + ":eu-west-3/dev?DbUser=loader&EndpointUrl="
                            + api.endpoint(),
                        properties))
        .isInstanceOf(SQLException.class);
    assertThat(api.calls("GetClusterCredentials"))
        .isNotEmpty()
        .allSatisfy(call -> assertThat(call.parameters()).doesNotContainKey("ClusterIdentifier"));
  }
}
