package io.millrace.samples.referrers;

import io.millrace.lease.Session;
import io.millrace.samples.referrers.page.Action;
import io.millrace.samples.referrers.page.Fleet;
import io.millrace.samples.referrers.page.PageState;
import io.millrace.samples.referrers.page.PageState.LogEntry;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A {@link Demo}, as the page shows it. */
final class DemoFleet implements Fleet {

  /** How long a worker that has ended is still shown. */
  private static final long ENDED_SHOWN_MILLIS = 60_000;

  private static final long PROCESSOR_INTERVAL_MILLIS = 3_000;

  private final Demo demo;
  private final FleetView view;
  private final EventLog log;
  private final InstantSource clock = InstantSource.system();

  // used by state() only
  private final Map<String, Long> endedMillis = new HashMap<>();
  private final Map<String, Processor> processors = new HashMap<>();

  /** Processor time of a worker, as of some time ago, and its share since the time before. */
  private record Processor(long atMillis, long usedMillis, Double share) {}

  /** What the ledgers and events say. */
  private record Told(PageState.Totals totals, Map<String, Long> waiting, List<LogEntry> entries) {}

  DemoFleet(Demo demo, FleetView view, EventLog log) {
    this.demo = demo;
    this.view = view;
    this.log = log;
  }

  @Override
  public PageState state() {
    long now = clock.millis();
    view.refresh(now);
    demo.troubles(); // writes into the event log what it finds
    Told told = demo.read(written -> told(now, written));
    return new PageState(
        now,
        demo.phase(),
        view.trouble(),
        Demo.place(demo.recordsPerSecond()),
        told.totals(),
        view.counts(),
        view.shards(now, told.waiting()),
        workers(now),
        told.entries());
  }

  private Told told(long now, Evidence.Written written) {
    Evidence evidence = new Evidence(now, ZoneId.systemDefault(), written, view.leases(), log);
    view.streamShards().forEach(s -> evidence.addParents(s.shardId(), FleetView.parents(s)));
    Ledgers.Totals totals = written.ledgers().totals();
    Map<String, Long> waiting = written.ledgers().waitingByShard();
    return new Told(
        new PageState.Totals(
            totals.put(),
            totals.processed(),
            waiting.values().stream().mapToLong(Long::longValue).sum(),
            totals.duplicates(),
            written.ledgers().lostSoFar()),
        waiting,
        log.entries(evidence));
  }

  private List<PageState.Worker> workers(long now) {
    List<PageState.Worker> workers = new ArrayList<>();
    for (WorkerProcess process : demo.processes()) {
      boolean alive = process.isAlive();
      if (!alive
          && now - endedMillis.computeIfAbsent(process.name(), n -> now) > ENDED_SHOWN_MILLIS) {
        continue;
      }
      Optional<Session> session = alive ? view.sessionOf(process.name()) : Optional.empty();
      Optional<Processor> processor = alive ? processor(process, now) : Optional.empty();
      workers.add(
          new PageState.Worker(
              process.name(),
              state(process, alive, session),
              alive ? process.processId() : null,
              view.shardsOf(process.name()),
              session.map(s -> s.id().value()).orElse(null),
              session.map(Session::beat).orElse(null),
              session.map(s -> now - view.beat(s.id()).changedMillis()).orElse(null),
              processor.map(Processor::usedMillis).orElse(null),
              processor.map(Processor::share).orElse(null)));
    }
    return workers;
  }

  private static String state(WorkerProcess process, boolean alive, Optional<Session> session) {
    if (!alive) {
      return switch (process.end()) {
        case KILLED -> "killed";
        case STOPPED -> "stopped";
        case NONE -> "failed";
      };
    }
    if (process.isPaused()) {
      return "paused";
    }
    if (process.isEndWanted()) {
      return "stopping";
    }
    return session.isEmpty() ? "starting" : "running";
  }

  private Optional<Processor> processor(WorkerProcess process, long now) {
    Optional<Long> used = process.processorTime().map(Duration::toMillis);
    if (used.isEmpty()) {
      return Optional.empty();
    }
    Processor last = processors.get(process.name());
    if (last == null) {
      processors.put(process.name(), new Processor(now, used.get(), null));
      return Optional.of(new Processor(now, used.get(), null));
    }
    if (now - last.atMillis() < PROCESSOR_INTERVAL_MILLIS) {
      return Optional.of(new Processor(now, used.get(), last.share()));
    }
    double share = (double) (used.get() - last.usedMillis()) / (now - last.atMillis());
    processors.put(process.name(), new Processor(now, used.get(), share));
    return Optional.of(new Processor(now, used.get(), share));
  }

  @Override
  public String act(Action action) {
    if (action instanceof Action.Split split) {
      demo.split(split.shard());
      return "Shard " + ShardNames.brief(split.shard()) + " is being split.";
    } else if (action instanceof Action.Merge merge) {
      demo.merge(merge.shard(), merge.other());
      return "Shards "
          + ShardNames.brief(merge.shard())
          + " and "
          + ShardNames.brief(merge.other())
          + " are being merged.";
    } else if (action instanceof Action.AddWorker) {
      return demo.addWorker() + " is starting.";
    } else if (action instanceof Action.Stop stop) {
      demo.stop(stop.worker());
      return stop.worker() + " was told to stop (SIGTERM).";
    } else if (action instanceof Action.Kill kill) {
      demo.kill(kill.worker());
      return kill.worker() + " was killed (SIGKILL).";
    } else if (action instanceof Action.Pause pause) {
      demo.pause(pause.worker());
      return pause.worker() + " is paused (SIGSTOP).";
    } else if (action instanceof Action.Resume resume) {
      demo.resume(resume.worker());
      return resume.worker() + " goes on (SIGCONT).";
    } else if (action instanceof Action.SetRate rate) {
      demo.setRate(rate.recordsPerSecond());
      return String.format(
          Locale.ROOT, "The writer puts %,d records a second.", rate.recordsPerSecond());
    }
    throw new IllegalStateException("Not an action of a demo: " + action);
  }
}
