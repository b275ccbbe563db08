package io.millrace.samples.referrers;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A worker in a JVM of its own, with this JVM's class path. */
final class WorkerProcess {

  /** What a worker needs to know. */
  record Setting(
      String application, String stream, URI kinesis, URI dynamoDb, String region, Path folder) {}

  private final String name;
  private final Process process;
  private volatile End end = End.NONE;

  // guarded by this
  private PausedProcess paused;

  /** Whether somebody wanted the process to end, and how. */
  enum End {
    NONE,
    STOPPED,
    KILLED
  }

  private WorkerProcess(String name, Process process) {
    this.name = name;
    this.process = process;
  }

  static WorkerProcess start(String name, Setting setting) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // a small JVM that starts fast; nothing in it changes what the worker does
    command.add("-Xmx192m");
    command.add("-XX:+UseSerialGC");
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-Dmillrace.log.level=INFO");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(WorkerMain.class.getName());
    option(command, "application", setting.application());
    option(command, "stream", setting.stream());
    option(command, "worker", name);
    option(command, "ledger", setting.folder().resolve(name + ".ledger").toString());
    option(command, "events", setting.folder().resolve(name + ".events").toString());
    option(command, "kinesis-endpoint", setting.kinesis().toString());
    option(command, "dynamodb-endpoint", setting.dynamoDb().toString());
    option(command, "region", setting.region());
    option(command, "create-counts-table", "false");
    option(command, "end-with-parent", "true");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("AWS_ACCESS_KEY_ID", "demo");
    builder.environment().put("AWS_SECRET_ACCESS_KEY", "demo");
    builder.environment().remove("AWS_SESSION_TOKEN");
    builder.redirectErrorStream(true);
    builder.redirectOutput(setting.folder().resolve(name + ".log").toFile());
    return new WorkerProcess(name, builder.start());
  }

  private static void option(List<String> command, String name, String value) {
    command.add("--" + name);
    command.add(value);
  }

  String name() {
    return name;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long processId() {
    return process.pid();
  }

  /** Processor time that it has used; empty if the system does not say, or it has ended. */
  Optional<Duration> processorTime() {
    return process.toHandle().info().totalCpuDuration();
  }

  /** How {@link #kill} or {@link #stop} ended it. */
  End end() {
    return end;
  }

  /** Whether {@link #kill} or {@link #stop} was called. */
  boolean isEndWanted() {
    return end != End.NONE;
  }

  /** SIGKILL. */
  synchronized void kill() {
    end = End.KILLED;
    process.destroyForcibly();
    resume();
  }

  /** SIGTERM. */
  void stop() {
    end = End.STOPPED;
    // Process.destroy would close the pipe as well, which tells the worker that we are gone
    process.toHandle().destroy();
  }

  /** SIGSTOP; nothing if it is paused already. */
  synchronized void pause() throws IOException {
    if (paused == null) {
      paused = PausedProcess.pause(process.pid());
    }
  }

  /** SIGCONT; nothing if it is not paused. */
  synchronized void resume() {
    if (paused != null) {
      paused.close();
      paused = null;
    }
  }

  synchronized boolean isPaused() {
    return paused != null;
  }

  /** Whether it has ended in time. */
  boolean await(Duration timeout) throws InterruptedException {
    return process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Of an ended process. */
  int exitCode() {
    return process.exitValue();
  }
}
