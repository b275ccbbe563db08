package io.millrace.it.backend;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.childserver.ChildServer;
import io.millrace.it.backend.EmbeddedBackend.DynamoAndS3;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * npm's kinesis-local, which is also the Kinesis inside of LocalStack, with DynamoDB Local and
 * S3Mock. Which version is said in {@code kinesis-local/package.json} only; npm installs it below
 * {@code target}.
 */
final class KinesisLocalBackend implements Backend {

  private static final Path PINNED = Path.of("kinesis-local");
  private static final Path INSTALLED = Path.of("target", "kinesis-local");
  private static final Path PACKAGE = INSTALLED.resolve("node_modules/kinesis-local");
  private static final Duration INSTALL_PATIENCE = Duration.ofMinutes(2);

  private final DynamoAndS3 others;
  private final Child child;
  private final URI endpoint;

  KinesisLocalBackend() {
    install();
    int plain = ChildServer.freePort();
    int tls = ChildServer.freePort();
    endpoint = URI.create("http://127.0.0.1:" + plain);
    ProcessBuilder builder = new ProcessBuilder("node", "main.js").directory(PACKAGE.toFile());
    builder
        .environment()
        .putAll(
            Map.of(
                "KINESIS_MOCK_PLAIN_PORT", Integer.toString(plain),
                "KINESIS_MOCK_TLS_PORT", Integer.toString(tls),
                // its default of 50 shards in all is less than the suite makes
                "SHARD_LIMIT", "500"));
    child = start(builder);
    boolean ready = false;
    try {
      new Readiness().awaitKinesis("kinesis-local", endpoint, child);
      others = DynamoAndS3.start();
      ready = true;
    } finally {
      if (!ready) {
        child.close();
      }
    }
  }

  private static Child start(ProcessBuilder builder) {
    try {
      return new Child("kinesis-local", builder, line -> {});
    } catch (IOException e) {
      throw new NotStartedException(
          "The backend kinesis-local needs node 20 or newer on the PATH, and `node` cannot be run;"
              + " install node, or choose another backend with -Dit.backend=",
          e);
    }
  }

  /** As the lock file says; does nothing if that version is there. */
  private static void install() {
    try {
      if (Files.exists(PACKAGE) && version(PACKAGE).equals(wanted())) {
        return;
      }
      Files.createDirectories(INSTALLED);
      for (String file : new String[] {"package.json", "package-lock.json"}) {
        Files.copy(
            PINNED.resolve(file), INSTALLED.resolve(file), StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("kinesis-local cannot be put into " + INSTALLED, e);
    }
    ProcessBuilder npm =
        new ProcessBuilder("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
            .directory(INSTALLED.toFile());
    Path log = INSTALLED.resolve("npm.log").toAbsolutePath();
    try {
      Process process = npm.redirectErrorStream(true).redirectOutput(log.toFile()).start();
      if (!process.waitFor(INSTALL_PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new NotStartedException(
            "`npm ci` in "
                + INSTALLED
                + " has not ended after "
                + INSTALL_PATIENCE
                + "; see "
                + log);
      }
      if (process.exitValue() != 0) {
        throw new NotStartedException(
            "`npm ci` in " + INSTALLED + " failed:\n" + Files.readString(log));
      }
    } catch (IOException e) {
      throw new NotStartedException(
          "The backend kinesis-local needs npm on the PATH, and `npm` cannot be run; install node"
              + " and npm, or choose another backend with -Dit.backend=",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NotStartedException("Interrupted while npm was installing kinesis-local", e);
    }
  }

  private static String version(Path folder) throws IOException {
    return new ObjectMapper()
        .readTree(folder.resolve("package.json").toFile())
        .path("version")
        .asText();
  }

  private static String wanted() throws IOException {
    return new ObjectMapper()
        .readTree(PINNED.resolve("package.json").toFile())
        .path("dependencies")
        .path("kinesis-local")
        .asText();
  }

  @Override
  public Services services() {
    return Services.at(endpoint, others.dynamoDb().endpoint(), others.s3().endpoint());
  }

  @Override
  public SortedMap<String, String> engines() {
    try {
      SortedMap<String, String> engines = new TreeMap<>(DynamoAndS3.engines());
      engines.put("Kinesis", "kinesis-local " + version(PACKAGE));
      return engines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    child.close();
    others.close();
  }
}
