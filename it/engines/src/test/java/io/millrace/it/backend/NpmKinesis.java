package io.millrace.it.backend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A Kinesis that comes as a package of npm, in a process of its own. Its version is said in {@code
 * NAME/package.json} only; npm installs it below {@code target}, as the lock file there says.
 */
final class NpmKinesis implements AutoCloseable {

  private static final Duration INSTALL_PATIENCE = Duration.ofMinutes(2);

  private final String name;
  private final URI endpoint;
  private final ChildProcess child;

  /**
   * Installs it where it is not yet, starts it, and returns when it answers.
   *
   * @param name of the package
   * @param script in its folder, with arguments
   * @param port where it will listen
   * @throws NotStartedException if node or npm is missing, or npm fails, or it does not start
   */
  NpmKinesis(String name, List<String> script, Map<String, String> environment, int port) {
    this.name = name;
    this.endpoint = URI.create("http://127.0.0.1:" + port);
    install();
    ProcessBuilder builder = new ProcessBuilder("node").directory(folder().toFile());
    builder.command().addAll(script);
    builder.environment().putAll(environment);
    try {
      child = ChildProcess.server(name, builder);
    } catch (IOException e) {
      throw missing("node 20 or newer", "node", e);
    }
    boolean ready = false;
    try {
      new Readiness().awaitKinesis(name, endpoint, child);
      ready = true;
    } finally {
      if (!ready) {
        child.close();
      }
    }
  }

  URI endpoint() {
    return endpoint;
  }

  /** Its name and version. */
  String engine() {
    try {
      return name + " " + json(folder()).path("version").asText();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    child.close();
  }

  private Path installed() {
    return Path.of("target", "npm", name);
  }

  private Path folder() {
    return installed().resolve("node_modules").resolve(name);
  }

  private void install() {
    Path pinned = Path.of(name);
    Path log = installed().resolve("npm.log").toAbsolutePath();
    try {
      String wanted = json(pinned).path("dependencies").path(name).asText();
      if (Files.exists(folder().resolve("package.json"))
          && json(folder()).path("version").asText().equals(wanted)) {
        return;
      }
      Files.createDirectories(installed());
      for (String file : List.of("package.json", "package-lock.json")) {
        Files.copy(
            pinned.resolve(file), installed().resolve(file), StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(name + " cannot be put into " + installed(), e);
    }
    try {
      Process npm =
          new ProcessBuilder("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
              .directory(installed().toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      if (!npm.waitFor(INSTALL_PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        npm.destroyForcibly();
        throw new NotStartedException(
            "`npm ci` in "
                + installed()
                + " has not ended after "
                + INSTALL_PATIENCE.toSeconds()
                + " s; see "
                + log);
      }
      if (npm.exitValue() != 0) {
        throw new NotStartedException(
            "`npm ci` in " + installed() + " failed:\n" + Files.readString(log));
      }
    } catch (IOException e) {
      throw missing("npm", "npm", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NotStartedException("Interrupted while npm was installing " + name, e);
    }
  }

  private NotStartedException missing(String what, String command, IOException e) {
    return new NotStartedException(
        "The backend "
            + name
            + " needs "
            + what
            + " on the PATH, and `"
            + command
            + "` cannot be run ("
            + e.getMessage()
            + "); install node with npm, or choose another backend with -Dit.backend=",
        e);
  }

  private static JsonNode json(Path folder) throws IOException {
    return new ObjectMapper().readTree(folder.resolve("package.json").toFile());
  }
}
