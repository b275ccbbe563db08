package io.millrace.samples.referrers;

import io.millrace.samples.referrers.page.Fleet.RefusedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The worker processes of a demo, and what is done to them; each deed is in the event log. What
 * cannot be done is a {@link RefusedException}. Safe for use by several threads.
 */
final class Workers implements AutoCloseable {

  private static final int MAX = 16;

  private final WorkerProcess.Setting setting;
  private final FleetTable leaseTable;
  private final EventLog eventLog;
  private final InstantSource clock;

  // guarded by this
  private final List<WorkerProcess> processes = new ArrayList<>();
  private final List<Ended> killed = new ArrayList<>();
  private final List<Ended> stopped = new ArrayList<>();
  private final Map<String, Pause> pauses = new HashMap<>();
  private final Set<String> missed = new HashSet<>();
  private int started;

  /** A worker that somebody ended. */
  record Ended(String worker, long atMillis) {}

  private record Pause(long atMillis, List<Happening.HeldBefore> held) {}

  Workers(
      WorkerProcess.Setting setting,
      FleetTable leaseTable,
      EventLog eventLog,
      InstantSource clock) {
    this.setting = setting;
    this.leaseTable = leaseTable;
    this.eventLog = eventLog;
    this.clock = clock;
  }

  /** Starts one; returns its name. */
  synchronized String add() {
    if (processes.stream().filter(WorkerProcess::isAlive).count() >= MAX) {
      throw new RefusedException(
          "There are " + MAX + " workers already; end one before you add another.");
    }
    String name = "worker-" + ++started;
    eventLog.add(new Happening.Added(clock.millis(), name));
    try {
      processes.add(WorkerProcess.start(name, setting));
    } catch (IOException e) {
      throw new UncheckedIOException("The JVM of " + name + " cannot be started", e);
    }
    return name;
  }

  /** Those that run and have not been told to stop, longest-running first. */
  synchronized List<String> names() {
    return processes.stream()
        .filter(w -> w.isAlive() && !w.isEndWanted())
        .map(WorkerProcess::name)
        .toList();
  }

  /** Every one there ever was. */
  synchronized List<WorkerProcess> processes() {
    return List.copyOf(processes);
  }

  synchronized List<Ended> killed() {
    return List.copyOf(killed);
  }

  synchronized List<Ended> stopped() {
    return List.copyOf(stopped);
  }

  /** SIGKILL. */
  synchronized void kill(String name) {
    WorkerProcess worker = running(name);
    long now = clock.millis();
    killed.add(new Ended(name, now));
    eventLog.add(new Happening.Killed(now, name));
    worker.kill();
  }

  /** SIGTERM. */
  synchronized void stop(String name) {
    WorkerProcess worker = running(name);
    if (worker.isPaused()) {
      throw new RefusedException(
          name + " is paused and cannot hand anything over: resume it first, or kill it.");
    }
    if (worker.isEndWanted()) {
      throw new RefusedException(name + " is stopping already.");
    }
    long now = clock.millis();
    stopped.add(new Ended(name, now));
    eventLog.add(new Happening.Stopped(now, name));
    worker.stop();
  }

  /** SIGSTOP. */
  synchronized void pause(String name) {
    WorkerProcess worker = running(name);
    if (worker.isPaused()) {
      throw new RefusedException(name + " is paused already.");
    }
    try {
      worker.pause();
    } catch (IOException e) {
      throw new RefusedException(name + " cannot be paused: " + e.getMessage());
    }
    long now = clock.millis();
    List<Happening.HeldBefore> held;
    try {
      held = leaseTable.heldBy(name);
    } catch (RuntimeException e) {
      worker.resume();
      throw e;
    }
    pauses.put(name, new Pause(now, held));
    eventLog.add(new Happening.Paused(now, name));
  }

  /** SIGCONT. */
  synchronized void resume(String name) {
    WorkerProcess worker = running(name);
    if (!worker.isPaused()) {
      throw new RefusedException(name + " is not paused.");
    }
    Pause pause = pauses.get(name);
    eventLog.add(new Happening.Resumed(clock.millis(), name, pause.atMillis(), pause.held()));
    worker.resume();
  }

  private WorkerProcess running(String name) {
    return processes.stream()
        .filter(w -> w.name().equals(name) && w.isAlive())
        .findFirst()
        .orElseThrow(() -> new RefusedException("No worker " + name + " is running."));
  }

  /** Which ended although nobody wanted it, in words; writes each into the event log, once. */
  synchronized List<String> troubles() {
    List<String> troubles = new ArrayList<>();
    for (WorkerProcess worker : processes) {
      if (worker.isAlive() || worker.isEndWanted()) {
        continue;
      }
      String trouble =
          worker.name()
              + " ended by itself with exit code "
              + worker.exitCode()
              + "; its log is "
              + setting.folder().resolve(worker.name() + ".log");
      troubles.add(trouble);
      if (missed.add(worker.name())) {
        eventLog.add(
            new Happening.Note(clock.millis(), "note", Happening.TIME + " " + trouble, true));
      }
    }
    return troubles;
  }

  /** Ends whatever still runs, at once. */
  @Override
  public synchronized void close() {
    processes.stream().filter(WorkerProcess::isAlive).forEach(WorkerProcess::kill);
  }
}
