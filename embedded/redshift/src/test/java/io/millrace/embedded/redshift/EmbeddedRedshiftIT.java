package io.millrace.embedded.redshift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.millrace.s3mock.S3Mock;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Its processes, and S3Mock as the S3 that it reads from. */
class EmbeddedRedshiftIT {
  private static final URI NOWHERE = URI.create("http://127.0.0.1:1");

  @Test
  void it_reads_what_s3mock_keeps() throws Exception {
    try (S3Mock s3 = S3Mock.start();
        EmbeddedRedshift redshift =
            EmbeddedRedshift.builder(s3.endpoint())
                .user("loader", "it's a \"secret\"")
                .iamRoles("arn:aws:iam::000000000000:role/mine")
                .accessKeyIds("KEY")
                .slices(4)
                .start();
        Connection connection =
            DriverManager.getConnection(redshift.jdbcUrl(), redshift.user(), redshift.password())) {
      put(s3, "/bucket", "");
      put(s3, "/bucket/a%20%2B%C3%A4/1.csv", "1,one\n");
      put(s3, "/bucket/a%20%2B%C3%A4/2.csv", "2,two\n");
      put(
          s3,
          "/bucket/m",
          "{\"entries\":[{\"url\":\"s3://bucket/a +\u00e4/1.csv\",\"mandatory\":true},"
              + "{\"url\":\"s3://bucket/gone\"}]}");
      execute(connection, "CREATE TABLE t (id INT, name VARCHAR(9))");
      String mine = " IAM_ROLE 'arn:aws:iam::000000000000:role/mine' CSV";
      execute(connection, "COPY t FROM 's3://bucket/a +\u00e4/'" + mine);
      execute(connection, "COPY t FROM 's3://bucket/m'" + mine + " MANIFEST");
      assertThat(one(connection, "SELECT count(*) FROM t")).isEqualTo("3");
      assertThat(one(connection, "SELECT count(*) FROM stv_slices")).isEqualTo("4");
      assertThatThrownBy(
              () ->
                  execute(
                      connection, "COPY t FROM 's3://bucket/m'" + mine.replace("mine", "other")))
          .hasMessageContaining(
              "is not authorized to assume IAM Role arn:aws:iam::000000000000:role/other");
      assertThatThrownBy(
              () ->
                  execute(
                      connection,
                      "COPY t FROM 's3://bucket/m' ACCESS_KEY_ID 'X' SECRET_ACCESS_KEY 'y' CSV"))
          .hasMessageContaining("InvalidAccessKeyId");
      assertThatThrownBy(() -> execute(connection, "COPY t FROM 's3://none/m'" + mine))
          .hasMessageContaining("NoSuchBucket");
    }
  }

  @Test
  void a_taken_port_is_said_and_leaves_nothing_behind() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> EmbeddedRedshift.builder(NOWHERE).port(taken.getLocalPort()).start())
          .hasMessageContaining("could not be started on port " + taken.getLocalPort());
    }
  }

  @Test
  void closing_it_ends_postgres_and_removes_its_folder() throws Exception {
    EmbeddedRedshift redshift = EmbeddedRedshift.start(NOWHERE);
    Path folder = redshift.postgres().folder();
    int port = redshift.postgres().port();
    Connection open =
        DriverManager.getConnection(redshift.jdbcUrl(), redshift.user(), redshift.password());
    redshift.close();
    redshift.close();
    assertThatThrownBy(() -> execute(open, "SELECT 1")).isInstanceOf(SQLException.class);
    assertThat(folder).doesNotExist();
    assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
        .isInstanceOf(ConnectException.class);
  }

  @Test
  void a_killed_jvm_leaves_no_postgres_and_no_folder() throws Exception {
    Started started = startInChild(System.getenv("PATH"));
    try {
      new Socket(InetAddress.getLoopbackAddress(), started.port).close();
      assertThat(Files.exists(started.folder)).isTrue();
    } finally {
      started.parent.destroyForcibly();
    }
    awaitEndOf(started);
  }

  @Test
  void root_without_user_namespaces_starts_postgres_as_nobody(@TempDir Path folder)
      throws Exception {
    assumeThat(Files.getAttribute(folder, "unix:uid")).as("run by root").isEqualTo(0);
    Path unshare = folder.resolve("unshare");
    Files.writeString(unshare, "#!/bin/sh\nexit 1\n");
    Files.setPosixFilePermissions(unshare, PosixFilePermissions.fromString("rwxr-xr-x"));
    Started started = startInChild(folder + ":" + System.getenv("PATH"));
    try {
      String pid = Files.readAllLines(started.folder.resolve("data/postmaster.pid")).get(0);
      assertThat(Files.getAttribute(Path.of("/proc", pid.strip()), "unix:uid")).isEqualTo(65_534);
      started.parent.outputWriter(StandardCharsets.UTF_8).close(); // closes the server
      assertThat(started.parent.waitFor()).isZero();
    } finally {
      started.parent.destroyForcibly();
    }
    awaitEndOf(started);
  }

  private record Started(Process parent, Path folder, int port) {}

  private static Started startInChild(String path) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            ParentMain.class.getName());
    builder.environment().put("PATH", path);
    Process parent = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    BufferedReader lines = parent.inputReader(StandardCharsets.UTF_8);
    String line = lines.readLine();
    while (line != null && !line.startsWith("started ")) {
      line = lines.readLine();
    }
    assertThat(line).as("the line of a server that has started").isNotNull();
    String[] words = line.split(" ");
    return new Started(parent, Path.of(words[1]), Integer.parseInt(words[2]));
  }

  private static void awaitEndOf(Started started) {
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              assertThat(started.folder).doesNotExist();
              assertThatThrownBy(
                      () -> new Socket(InetAddress.getLoopbackAddress(), started.port).close())
                  .isInstanceOf(ConnectException.class);
            });
  }

  /** Starts the server, says where, and waits to be killed, or for the end of its input. */
  static final class ParentMain {
    public static void main(String[] args) throws Exception {
      EmbeddedRedshift redshift = EmbeddedRedshift.start(NOWHERE);
      System.out.println(
          "started " + redshift.postgres().folder() + " " + redshift.postgres().port());
      System.out.flush();
      while (System.in.read() >= 0) {
        // until its end
      }
      redshift.close();
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String one(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(sql)) {
      assertThat(found.next()).isTrue();
      return found.getString(1);
    }
  }

  private static void put(S3Mock s3, String path, String body) throws Exception {
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(s3.endpoint() + path))
                    .PUT(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }
}
