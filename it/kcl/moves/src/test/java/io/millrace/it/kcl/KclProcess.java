package io.millrace.it.kcl;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** A worker of the real library in a JVM of its own, and what it has written down. */
final class KclProcess implements AutoCloseable {

  private final Process process;
  private final Path ledger;

  private KclProcess(Process process, Path ledger) {
    this.process = process;
    this.ledger = ledger;
  }

  /**
   * @param version 1, 2 or 3
   * @param told what the program is told, see its main class
   */
  static KclProcess start(int version, Path folder, String worker, Map<String, String> told)
      throws IOException {
    Path module = Path.of("..", "app" + version).toRealPath();
    Path ledger = folder.resolve(worker + ".ledger");
    String classPath =
        module.resolve("target/classes")
            + ":"
            + Files.readString(module.resolve("target/class-path")).strip();
    Map<String, String> all = new TreeMap<>(told);
    all.put("worker", worker);
    all.put("ledger", ledger.toString());
    List<String> line =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                classPath,
                version == 1 ? "io.millrace.kclapp.KclOneApp" : "io.millrace.kclapp.KclApp"));
    all.forEach((name, value) -> line.add(name + "=" + value));
    Process process =
        new ProcessBuilder(line)
            .redirectError(folder.resolve(worker + ".log").toFile())
            .redirectOutput(folder.resolve(worker + ".out").toFile())
            .start();
    return new KclProcess(process, ledger);
  }

  /** Lines of the ledger without time and worker that begin with a word. */
  List<String> lines(String word) {
    return all().stream()
        .map(line -> line.split(" ", 3)[2])
        .filter(line -> line.equals(word) || line.startsWith(word + " "))
        .toList();
  }

  List<Given> given() {
    List<Given> given = new ArrayList<>();
    for (String line : all()) {
      String[] w = line.split(" ", 7);
      if (w[2].equals("record")) {
        given.add(
            new Given(
                Long.parseLong(w[0]), w[3], Given.Position.of(w[4], Long.parseLong(w[5])), w[6]));
      }
    }
    return given;
  }

  private List<String> all() {
    try {
      if (!Files.exists(ledger)) {
        return List.of();
      }
      String text = Files.readString(ledger);
      // the last line may be half written
      return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** As the library stops gracefully. */
  void stop() throws Exception {
    try (OutputStream in = process.getOutputStream()) {
      in.write('\n');
    }
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException("The process does not stop; see " + ledger.getParent());
    }
  }

  /** {@code kill -9}. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }
}
