package io.millrace.chaos;

import io.millrace.chaos.Fault.Service;
import io.millrace.chaos.Fault.Trouble;
import io.millrace.chaos.TcpProxy.Flow;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A place in the fleet: one worker process at a time, one after another, and the two proxies that
 * stand between it and the services. Safe for use by several threads.
 */
final class Slot implements AutoCloseable {

  /** What is the same for all slots. */
  record Fleet(
      String application,
      String stream,
      URI kinesis,
      URI dynamoDb,
      Path folder,
      LedgerFile exits) {}

  private static final Duration LINK_DELAY = Duration.ofMillis(400);

  /** A process and what we did to it. */
  private static final class Running {
    final String name;
    final Process process;
    final CompletableFuture<Integer> ended = new CompletableFuture<>();
    volatile String wanted = LedgerLine.NONE;

    Running(String name, Process process) {
      this.name = name;
      this.process = process;
    }
  }

  private final int number;
  private final Fleet fleet;
  private final Map<Service, TcpProxy> proxies = new EnumMap<>(Service.class);

  // guarded by this
  private int processes;
  private int workerIds;
  private int troubles;
  private final Map<Service, Integer> latestTrouble = new EnumMap<>(Service.class);
  private Running current;

  Slot(int number, Fleet fleet) throws IOException {
    this.number = number;
    this.fleet = fleet;
    proxies.put(Service.KINESIS, new TcpProxy("kinesis-" + number, fleet.kinesis()));
    proxies.put(Service.DYNAMODB, new TcpProxy("dynamodb-" + number, fleet.dynamoDb()));
  }

  /** Starts a process if none is running. */
  synchronized void start(boolean sameWorkerId) throws IOException {
    if (isRunning()) {
      return;
    }
    if (!sameWorkerId || workerIds == 0) {
      workerIds++;
    }
    processes++;
    String name = "w" + number + "-" + processes;
    ChaosWorker.Setting setting =
        new ChaosWorker.Setting(
            fleet.application(),
            fleet.stream(),
            "worker-" + number + "-" + workerIds,
            proxies.get(Service.KINESIS).endpoint(),
            proxies.get(Service.DYNAMODB).endpoint(),
            fleet.folder().resolve(name + ".ledger"));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // a small JVM that starts fast; nothing in it changes what the worker does
    command.add("-Xmx160m");
    command.add("-XX:+UseSerialGC");
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-Dmillrace.log.level=INFO");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(ChaosWorker.class.getName());
    command.addAll(setting.arguments());
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(fleet.folder().resolve(name + ".log").toFile())
            .start();
    Running running = new Running(name, process);
    current = running;
    process.onExit().thenAccept(ended -> ended(running, ended.exitValue()));
  }

  private void ended(Running running, int code) {
    try {
      fleet
          .exits()
          .append(
              new LedgerLine.Exit(System.currentTimeMillis(), running.name, running.wanted, code));
      running.ended.complete(code);
    } catch (IOException e) {
      running.ended.completeExceptionally(e);
    }
  }

  /** Whether a process is there that is not on its way out. */
  synchronized boolean isRunning() {
    return current != null && current.process.isAlive();
  }

  synchronized boolean isWorking() {
    return isRunning() && current.wanted.equals(LedgerLine.NONE);
  }

  /** The worker id of the process that was started last. */
  synchronized String workerId() {
    return "worker-" + number + "-" + workerIds;
  }

  /** SIGKILL; whether there was a working process. Returns when it is gone. */
  boolean kill() throws Exception {
    Running victim;
    synchronized (this) {
      if (!isWorking()) {
        return false;
      }
      victim = current;
      victim.wanted = "kill";
      victim.process.destroyForcibly();
    }
    victim.ended.get(10, TimeUnit.SECONDS);
    return true;
  }

  /** SIGSTOP, and SIGCONT later, even if this JVM is gone by then; whether there was a process. */
  synchronized boolean pause(Duration lasts) throws IOException {
    if (!isWorking()) {
      return false;
    }
    long pid = current.process.pid();
    shell(
        "kill -STOP %d && sleep %d.%03d; kill -CONT %d"
            .formatted(pid, lasts.toSeconds(), lasts.toMillisPart(), pid));
    return true;
  }

  /** SIGCONT, which does no harm to a process that is not stopped. */
  synchronized void resume() throws IOException {
    if (isRunning()) {
      shell("kill -CONT " + current.process.pid());
    }
  }

  private static void shell(String command) throws IOException {
    new ProcessBuilder("sh", "-c", command + " 2>/dev/null").start();
  }

  /** SIGTERM; whether there was a working process. */
  synchronized boolean stop() {
    if (!isWorking()) {
      return false;
    }
    current.wanted = "stop";
    // Process.destroy would close the pipe as well, which tells the worker that we are gone
    return current.process.toHandle().destroy();
  }

  /**
   * Whether the process has ended in time; if not it is killed, which is its own fault.
   *
   * @return true also if there was none
   */
  boolean awaitEnd(Duration patience) throws Exception {
    Running ending;
    synchronized (this) {
      ending = current;
    }
    if (ending == null) {
      return true;
    }
    try {
      ending.ended.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      ending.process.destroyForcibly();
      ending.ended.get(10, TimeUnit.SECONDS);
      return false;
    } catch (ExecutionException e) {
      throw new IOException("The end of " + ending.name + " could not be written down", e);
    }
  }

  /**
   * Makes trouble, until it is healed.
   *
   * @return what {@link #heal(Service, int)} needs
   */
  synchronized int trouble(Service service, Trouble trouble) throws IOException {
    TcpProxy proxy = proxies.get(service);
    switch (trouble) {
      case CUT -> proxy.cut();
      case REFUSED -> {
        proxy.refuse();
        proxy.cut();
      }
      case REQUESTS_DELAYED -> proxy.requests(new Flow.Delay(LINK_DELAY));
      case ANSWERS_DELAYED -> proxy.answers(new Flow.Delay(LINK_DELAY));
      case REQUESTS_STUCK -> proxy.requests(Flow.HOLD);
      case ANSWERS_STUCK -> proxy.answers(Flow.HOLD);
      case REQUESTS_LOST -> proxy.requests(Flow.LOSE);
      case ANSWERS_LOST -> proxy.answers(Flow.LOSE);
    }
    latestTrouble.put(service, ++troubles);
    return troubles;
  }

  /** Lets everything pass again, unless more trouble was made since. */
  synchronized void heal(Service service, int trouble) throws IOException {
    if (latestTrouble.getOrDefault(service, trouble) == trouble) {
      proxies.get(service).heal();
    }
  }

  /** Lets everything pass again. */
  synchronized void heal() throws IOException {
    for (TcpProxy proxy : proxies.values()) {
      proxy.heal();
    }
  }

  @Override
  public void close() throws IOException {
    synchronized (this) {
      if (current != null) {
        current.wanted = "kill";
        current.process.destroyForcibly();
      }
    }
    for (TcpProxy proxy : proxies.values()) {
      proxy.close();
    }
  }
}
