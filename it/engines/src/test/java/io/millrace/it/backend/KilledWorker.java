package io.millrace.it.backend;

import io.millrace.childserver.Child;
import io.millrace.it.Seen;
import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.IRecordProcessorCheckpointer;
import io.millrace.kcl.Record;
import io.millrace.kcl.Worker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** A worker in a JVM of its own, to be killed: both ends of it. */
final class KilledWorker implements AutoCloseable {

  private static final String CHECKPOINTED = "checkpointed ";

  private final ChildProcess child;

  /** The texts that it has processed and checkpointed. */
  final Set<String> checkpointed = ConcurrentHashMap.newKeySet();

  /**
   * Starts it.
   *
   * @param seen is told what it processes
   */
  KilledWorker(TestBed bed, String application, String stream, Seen seen) throws IOException {
    child =
        ChildProcess.ours(
            "killed-worker",
            new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx160m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Daws.cborEnabled=" + System.getProperty("aws.cborEnabled", "true"),
                "-cp",
                System.getProperty("java.class.path"),
                KilledWorker.class.getName(),
                bed.services().text(),
                application,
                stream),
            line -> told(line, seen));
  }

  private void told(String line, Seen seen) {
    if (line.startsWith(CHECKPOINTED)) {
      String[] parts = line.substring(CHECKPOINTED.length()).split(" ");
      seen.byWorker.computeIfAbsent("killed", w -> ConcurrentHashMap.newKeySet()).add(parts[0]);
      for (int i = 1; i < parts.length; i++) {
        seen.deliveries.add(parts[i]);
        checkpointed.add(parts[i]);
      }
    }
  }

  String lastOutput() {
    return child.lastOutput();
  }

  /** SIGKILL; returns when the process is gone. */
  @Override
  public void close() {
    child.kill();
  }

  /** The other end. */
  public static void main(String[] args) {
    Child.endWithParent(() -> Runtime.getRuntime().halt(3));
    Worker.builder()
        .recordProcessorFactory(Telling::new)
        .config(TestBed.configuration(Services.of(args[0]), args[1], args[2], "killed"))
        .build()
        .run();
  }

  /** Checkpoints, and then says what. */
  private static final class Telling implements IRecordProcessor {
    private String shard;

    @Override
    public void initialize(String shardId) {
      shard = shardId;
    }

    @Override
    public void processRecords(List<Record> records, IRecordProcessorCheckpointer checkpointer)
        throws Exception {
      String texts =
          records.stream()
              .map(record -> new String(record.getDataBytes(), StandardCharsets.UTF_8))
              .collect(Collectors.joining(" "));
      checkpointer.checkpoint();
      System.out.println(CHECKPOINTED + shard + " " + texts);
    }
  }
}
