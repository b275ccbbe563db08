package io.millrace.connectors.redshift;

import io.millrace.connectors.contract.SinkDriver;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Sink;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/**
 * The Redshift sink under the contract; the destination is S3's endpoint, bucket, URL, user,
 * password, schema, format, compression. Starts no server: it is opened in other processes too.
 */
public class RedshiftDriver implements SinkDriver {

  /** A destination in a bucket and a schema of its own. */
  static String destination(FileFormat format, FileCompression compression) {
    return String.join(
        " ",
        LocalRedshift.endpoint().toString(),
        LocalRedshift.newBucket(),
        LocalRedshift.SERVER.jdbcUrl(),
        LocalRedshift.SERVER.user(),
        LocalRedshift.SERVER.password(),
        LocalRedshift.newSchema(),
        format.name(),
        compression.name());
  }

  @Override
  public Sink<Message> open(String text) {
    String[] parts = text.split(" ", -1);
    FileFormat format = FileFormat.valueOf(parts[6]);
    return RedshiftSink.builder(
            parts[2],
            parts[5] + ".clicks",
            RedshiftSink.storage(
                    parts[1],
                    "us-east-1",
                    StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                .endpoint(URI.create(parts[0])))
        .user(parts[3], parts[4])
        .format(format)
        .compression(FileCompression.valueOf(parts[7]))
        .columns(
            format == FileFormat.PARQUET
                ? List.of("id string required", "n long")
                : List.of("id required", "n"))
        .createTable(LocalRedshiftColumns.of(), null, List.of())
        .createHistory(true)
        .build();
  }

  /** Not those of {@link LocalRedshift}, which would start servers. */
  private static final class LocalRedshiftColumns {
    static java.util.Map<String, String> of() {
      java.util.Map<String, String> columns = new java.util.LinkedHashMap<>();
      columns.put("id", "varchar(64)");
      columns.put("n", "bigint");
      return columns;
    }
  }

  @Override
  public List<String> stored(String text) throws SQLException {
    String[] parts = text.split(" ", -1);
    Database database =
        new Database(
            new Database.Address(
                parts[2],
                Database.Login.of(parts[3], parts[4]),
                Duration.ofSeconds(10),
                Duration.ofSeconds(60)),
            List.of());
    List<String> ids = new ArrayList<>();
    try (Connection connection = database.open();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SELECT id FROM " + parts[5] + ".clicks")) {
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
