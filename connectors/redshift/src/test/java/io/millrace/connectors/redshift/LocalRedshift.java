package io.millrace.connectors.redshift;

import io.millrace.connectors.s3.S3SinkBuilder;
import io.millrace.embedded.redshift.EmbeddedRedshift;
import io.millrace.s3mock.S3Mock;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.S3Object;

/** One S3Mock and one embedded Redshift for all tests; each test has a bucket and tables. */
final class LocalRedshift {
  static final AwsCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));

  /** They end with this JVM. */
  private static final S3Mock S3 = S3Mock.start();

  static final Certificate CERTIFICATE = Certificate.forThisMachine();

  static final EmbeddedRedshift SERVER =
      EmbeddedRedshift.builder(S3.endpoint()).encryption(CERTIFICATE.context()).start();

  static final S3AsyncClient CLIENT =
      S3AsyncClient.builder()
          .region(Region.US_EAST_1)
          .endpointOverride(S3.endpoint())
          .forcePathStyle(true)
          .credentialsProvider(CREDENTIALS)
          .httpClientBuilder(NettyNioAsyncHttpClient.builder())
          .build();

  private LocalRedshift() {}

  static URI endpoint() {
    return S3.endpoint();
  }

  static String newBucket() {
    String bucket = "test-" + UUID.randomUUID();
    CLIENT.createBucket(r -> r.bucket(bucket)).join();
    return bucket;
  }

  /** A schema of its own. */
  static String newSchema() {
    String schema = "s_" + UUID.randomUUID().toString().replace("-", "");
    execute("CREATE SCHEMA " + schema);
    return schema;
  }

  static S3SinkBuilder storage(String bucket) {
    return RedshiftSink.storage(bucket, "us-east-1", CREDENTIALS).endpoint(endpoint());
  }

  /** Loads {@code id} and {@code n} into {@code SCHEMA.clicks}, which it creates. */
  static RedshiftSinkBuilder sink(String bucket, String schema) {
    return RedshiftSink.builder(SERVER.jdbcUrl(), schema + ".clicks", storage(bucket))
        .user(SERVER.user(), SERVER.password())
        .columns(List.of("id required", "n"))
        .createTable(columns(), null, List.of())
        .createHistory(true);
  }

  static java.util.Map<String, String> columns() {
    java.util.Map<String, String> columns = new java.util.LinkedHashMap<>();
    columns.put("id", "varchar(64)");
    columns.put("n", "bigint");
    return columns;
  }

  static Connector connector() {
    return new Database(address(), List.of());
  }

  static Database.Address address() {
    return new Database.Address(
        SERVER.jdbcUrl(),
        Database.Login.of(SERVER.user(), SERVER.password()),
        Duration.ofSeconds(10),
        Duration.ofSeconds(60));
  }

  static void execute(String... statements) {
    try (Connection connection = connector().open();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Columns with bars between them. */
  static List<String> rows(String sql) {
    try (Connection connection = connector().open();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<String> rows = new ArrayList<>();
      while (result.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.add(result.getString(i));
        }
        rows.add(String.join("|", row));
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  static List<String> keys(String bucket) {
    return CLIENT.listObjectsV2(r -> r.bucket(bucket)).join().contents().stream()
        .map(S3Object::key)
        .toList();
  }
}
