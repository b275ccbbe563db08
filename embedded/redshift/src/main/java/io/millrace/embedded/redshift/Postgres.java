package io.millrace.embedded.redshift;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.TimeUnit;

/*
 * The database behind the proxy, in a folder of its own that goes with it.
 *
 * PostgreSQL does not notice that the JVM that started it was killed. A shell beside it does: it
 * holds the other end of a pipe of ours, and when that breaks, however the JVM ended, it stops the
 * postmaster and removes the folder. It ignores the signals of a terminal, and has a session of its
 * own where there is setsid, so it is not killed with the JVM's process group.
 */
final class Postgres implements Closeable {
  static final String DATABASE = "dev";
  static final String SUPERUSER = "postgres";

  private static final String WATCH =
      """
      trap '' INT TERM HUP
      read -r line
      pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
      if [ -n "$pid" ]; then
        kill -INT "$pid" 2>/dev/null
        for i in 1 2 3 4 5 6 7 8 9 10; do
          kill -0 "$pid" 2>/dev/null || break
          sleep 0.3
        done
        kill -QUIT "$pid" 2>/dev/null
      fi
      rm -rf "$1"
      """;

  private final EmbeddedPostgres postgres;
  private final Path folder;
  private final Process watch;

  private Postgres(EmbeddedPostgres postgres, Path folder, Process watch) {
    this.postgres = postgres;
    this.folder = folder;
    this.watch = watch;
  }

  /** Starts it and makes the database, its user and what Redshift's catalog has. */
  static Postgres start(String user, String password, int slices) throws IOException {
    Path folder = Files.createTempDirectory("millrace-redshift-");
    // PostgreSQL may run as another user: it does not run as root
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Process watch = watch(folder);
    Postgres started = null;
    EmbeddedPostgres postgres = null;
    try {
      Path hba = folder.resolve("hba.conf");
      Files.writeString(
          hba,
          """
          host all %s 127.0.0.1/32 trust
          host all %s ::1/128 trust
          host all all 127.0.0.1/32 md5
          """
              .formatted(SUPERUSER, SUPERUSER));
      Path errors = folder.resolve("load-errors");
      Files.write(errors, new byte[0]);
      for (Path file : List.of(hba, errors)) {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
      }
      postgres = startServer(folder, hba);
      started = new Postgres(postgres, folder, watch);
      started.prepare(user, password, slices);
      return started;
    } catch (IllegalStateException e) {
      throw new IOException(
          "PostgreSQL did not start. It refuses to run as root: started by root, it needs either user"
              + " namespaces ('unshare -U true' must succeed) or setpriv (of util-linux), which starts"
              + " it as the user 65534. Start it as another user where there is neither.",
          e);
    } catch (SQLException e) {
      throw new IOException("PostgreSQL was started, but could not be prepared", e);
    } finally {
      if (started == null) {
        if (postgres != null) {
          postgres.close();
        }
        watch.destroyForcibly();
        delete(folder);
      }
    }
  }

  private static EmbeddedPostgres startServer(Path folder, Path hba) throws IOException {
    Path data = folder.resolve("data");
    try {
      return server(data, hba).start();
    } catch (IllegalStateException e) {
      if (!AsNobody.isNeededAndPossible(folder)) {
        throw e;
      }
      delete(data);
      EmbeddedPostgres.Builder server = server(data, hba);
      AsNobody.prepare(server, data, folder.resolve("programs"));
      return server.start();
    }
  }

  private static EmbeddedPostgres.Builder server(Path data, Path hba) {
    return EmbeddedPostgres.builder()
        .setDataDirectory(data)
        .setRegisterShutdownHook(false)
        .setServerConfig("hba_file", hba.toString())
        .setServerConfig("password_encryption", "md5")
        .setServerConfig("fsync", "off")
        .setServerConfig("full_page_writes", "off")
        .setServerConfig("synchronous_commit", "off");
  }

  private static Process watch(Path folder) throws IOException {
    String shell = "exec sh -c \"$0\" watch \"$1\"";
    String detached =
        "if command -v setsid >/dev/null 2>&1; then exec setsid sh -c \"$0\" watch \"$1\"; fi; "
            + shell;
    return new ProcessBuilder("sh", "-c", detached, WATCH, folder.toString())
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private void prepare(String user, String password, int slices) throws IOException, SQLException {
    execute(
        SUPERUSER,
        "CREATE ROLE "
            + Dialect.quote(user)
            + " LOGIN CREATEROLE PASSWORD '"
            + password.replace("'", "''")
            + "'",
        "CREATE DATABASE " + DATABASE + " OWNER " + Dialect.quote(user),
        "ALTER DATABASE " + DATABASE + " SET default_transaction_isolation TO 'repeatable read'",
        "ALTER DATABASE " + DATABASE + " SET standard_conforming_strings TO off",
        "ALTER DATABASE " + DATABASE + " SET escape_string_warning TO off");
    try (InputStream in = Postgres.class.getResourceAsStream("catalog.sql")) {
      String catalog = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      execute(
          DATABASE,
          catalog
              .replace("${load-errors}", loadErrors().toString())
              .replace("${slices}", String.valueOf(slices)),
          "ALTER SCHEMA public OWNER TO " + Dialect.quote(user));
    }
  }

  private void execute(String database, String... statements) throws SQLException {
    try (Connection connection = postgres.getDatabase(SUPERUSER, database).getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  int port() {
    return postgres.getPort();
  }

  /** The file of {@link LoadErrors}. */
  Path loadErrors() {
    return folder.resolve("load-errors");
  }

  Path folder() {
    return folder;
  }

  /** The first process of PostgreSQL. */
  long pid() throws IOException {
    return Long.parseLong(
        Files.readAllLines(folder.resolve("data").resolve("postmaster.pid")).get(0).strip());
  }

  @Override
  public void close() throws IOException {
    try {
      postgres.close();
    } finally {
      // finds nothing to do but the folder
      watch.getOutputStream().close();
      try {
        if (!watch.waitFor(10, TimeUnit.SECONDS)) {
          watch.destroyForcibly();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, IOException e)
              throws IOException {
            Files.deleteIfExists(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
