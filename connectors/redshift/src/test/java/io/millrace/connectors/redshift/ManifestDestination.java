package io.millrace.connectors.redshift;

import io.millrace.connectors.s3.S3SinkBuilder;
import io.millrace.kcl.aws.AwsClients;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/**
 * Where both stages work, as a text for processes of their own: S3's endpoint, bucket, URL, user,
 * password, schema, Kinesis' endpoint, stream. Starts no server.
 */
record ManifestDestination(
    URI s3,
    String bucket,
    String url,
    String user,
    String password,
    String schema,
    URI kinesis,
    String stream) {

  private static final StaticCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));

  static ManifestDestination of(String text) {
    String[] parts = text.split(" ", -1);
    return new ManifestDestination(
        URI.create(parts[0]),
        parts[1],
        parts[2],
        parts[3],
        parts[4],
        parts[5],
        URI.create(parts[6]),
        parts[7]);
  }

  String text() {
    return String.join(
        " ", s3.toString(), bucket, url, user, password, schema, kinesis.toString(), stream);
  }

  S3SinkBuilder storage() {
    return RedshiftSink.storage(bucket, "us-east-1", CREDENTIALS).endpoint(s3);
  }

  RedshiftSinkBuilder settings() {
    Map<String, String> columns = new LinkedHashMap<>();
    columns.put("id", "varchar(64)");
    columns.put("n", "bigint");
    return RedshiftSink.builder(url, table(), storage())
        .user(user, password)
        .columns(List.of("id required", "n"))
        .createTable(columns, null, List.of())
        .createHistory(true)
        .maxErrors(10);
  }

  String table() {
    return schema + ".clicks";
  }

  AnnouncementStream announcements() {
    return new AnnouncementStream(stream, clients());
  }

  AwsClients clients() {
    return AwsClients.builder()
        .credentialsProvider(CREDENTIALS)
        .regionName("us-east-1")
        .kinesisEndpoint(kinesis)
        .threadNamePrefix("announcements")
        .build();
  }

  AnnouncingSink firstStage() {
    RedshiftSinkBuilder settings = settings();
    RowShape shape = settings.shape();
    AnnouncementStream stream = announcements();
    return new AnnouncingSink(
        settings.storage.layout(settings.layout()).prefix("staged/").build(),
        shape,
        settings.table.toString(),
        stream::put,
        stream);
  }

  /** Merges nearly everything. */
  ManifestSink secondStage() {
    return LoadStage.sink(
        settings(), new AnnouncedFiles.Merging("work/", 2_000, 1_000_000_000, () -> 2));
  }

  List<String> ids() throws SQLException {
    Database database =
        new Database(
            new Database.Address(
                url,
                Database.Login.of(user, password),
                Duration.ofSeconds(10),
                Duration.ofSeconds(60)),
            List.of());
    List<String> ids = new ArrayList<>();
    try (Connection connection = database.open();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SELECT id FROM " + table())) {
      while (result.next()) {
        ids.add(result.getString(1));
      }
    } catch (SQLException e) {
      if (!"42P01".equals(e.getSQLState())) {
        throw e; // before the first load there is no table
      }
    }
    return ids;
  }
}
