package io.millrace.simulation;

import io.millrace.kcl.exec.DaemonThreads;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Runs many scenarios: those of a range of seeds, or given ones. Each is a fleet of its own on
 * virtual time, so they run beside each other on as many threads as wanted; what a seed does never
 * depends on that.
 */
public final class Simulate {

  /** Beyond so many violations the rest is only counted: something is thoroughly wrong. */
  private static final int MAX_EXPLAINED = 3;

  private static final int TRACE_LINES = 120;

  /**
   * How far a simulation is.
   *
   * @param done scenarios that have run
   * @param of scenarios in all
   * @param violations found so far
   * @param seconds since the start
   * @param violated the seed of a scenario that has just failed, and is about to be explained
   */
  public record Progress(
      long done, long of, long violations, double seconds, OptionalLong violated) {
    /** Scenarios a second. */
    public double perSecond() {
      return seconds > 0 ? done / seconds : 0;
    }
  }

  /**
   * A scenario that went wrong.
   *
   * @param what which rule was broken, and how
   * @param family what kind of scenarios were run
   * @param scenario the one that was run
   * @param shrunk a smaller one that goes wrong too; the same one if it was not shrunk
   * @param trace the last events of the smaller one; empty if it was not shrunk
   */
  public record Violation(
      String what, Family family, Scenario scenario, Scenario shrunk, String trace) {

    /** Everything that helps to understand it, and to keep it as a test. */
    public String explain() {
      return what
          + "\n\nseed "
          + scenario.seed()
          + "; replay it with: ./millrace simulate --seeds 1 --from "
          + scenario.seed()
          + (family == Family.ANY ? "" : " --family " + family)
          + "\n\nsmallest scenario found, as Java:\n"
          + shrunk.toJava()
          + "\n\nand as a file for --scenario:\n"
          + shrunk.toText()
          + (trace.isEmpty() ? "" : "\nits last events:\n" + trace);
    }
  }

  /**
   * What came of it.
   *
   * @param seeds scenarios that were run
   * @param violations in order of their seeds
   * @param seconds wall-clock time
   * @param events how often each interesting event was reached
   * @param steps virtual events in all
   * @param hash of all that happened in all runs; equal for equal input, on every machine
   */
  public record Result(
      long seeds,
      List<Violation> violations,
      double seconds,
      SortedMap<String, Long> events,
      long steps,
      long hash) {

    /** Scenarios a second. */
    public double perSecond() {
      return seconds > 0 ? seeds / seconds : 0;
    }

    /** One JSON object in one line. */
    public String toJson() {
      StringBuilder json = new StringBuilder();
      json.append("{\"seeds\":")
          .append(seeds)
          .append(",\"violations\":")
          .append(violations.size())
          .append(",\"seconds\":")
          .append(Math.round(seconds * 10) / 10.0)
          .append(",\"steps\":")
          .append(steps)
          .append(",\"hash\":\"")
          .append(Long.toHexString(hash))
          .append("\",\"failed\":[");
      for (int i = 0; i < violations.size(); i++) {
        json.append(i == 0 ? "" : ",").append(violations.get(i).scenario().seed());
      }
      json.append("],\"events\":{");
      boolean first = true;
      for (Map.Entry<String, Long> event : events.entrySet()) {
        json.append(first ? "" : ",")
            .append('"')
            .append(event.getKey())
            .append("\":")
            .append(event.getValue());
        first = false;
      }
      return json.append("}}").toString();
    }
  }

  private final Mutation mutation;
  private final Family family;
  private final int threads;
  private final Consumer<Progress> progress;

  private long done;
  private long steps;
  private long hash;
  private long violationsFound;
  private final SortedMap<String, Long> events = new TreeMap<>();
  private final SortedMap<Long, Violation> violations = new TreeMap<>();

  private Simulate(Mutation mutation, Family family, int threads, Consumer<Progress> progress) {
    this.mutation = mutation;
    this.family = family;
    this.threads = threads;
    this.progress = progress;
  }

  /**
   * Runs the scenarios of the seeds {@code from} to {@code from + seeds - 1}. Blocks until all have
   * run, or the calling thread is interrupted.
   *
   * @param family what kind of trouble they are about
   * @param threads at least 1
   * @param progress told after every scenario, on some thread, one at a time; must return quickly
   */
  public static Result seeds(
      Family family, long from, long seeds, int threads, Consumer<Progress> progress) {
    return new Simulate(Mutation.NONE, family, threads, progress).run(from, seeds, null);
  }

  static Result seeds(long from, long seeds, int threads, Consumer<Progress> progress) {
    return seeds(Family.ANY, from, seeds, threads, progress);
  }

  static Result seeds(long from, long seeds, Family family, Mutation mutation) {
    return new Simulate(mutation, family, 1, progress -> {}).run(from, seeds, null);
  }

  /** Runs one given scenario. */
  public static Result scenario(Scenario scenario) {
    return new Simulate(Mutation.NONE, Family.ANY, 1, p -> {}).run(scenario.seed(), 1, scenario);
  }

  private Result run(long from, long seeds, Scenario given) {
    long startedAt = System.nanoTime();
    AtomicLong next = new AtomicLong();
    ExecutorService pool =
        Executors.newFixedThreadPool(threads, DaemonThreads.named("millrace-simulation"));
    List<Throwable> defects = Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < threads; i++) {
      pool.execute(
          () -> {
            try {
              for (long n = next.getAndIncrement();
                  n < seeds && !Thread.currentThread().isInterrupted();
                  n = next.getAndIncrement()) {
                one(given != null ? given : family.generate(from + n), seeds, startedAt);
              }
            } catch (RuntimeException | Error e) {
              defects.add(e);
            }
          });
    }
    pool.shutdown();
    try {
      pool.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      pool.shutdownNow();
      Thread.currentThread().interrupt();
    }
    if (!defects.isEmpty()) {
      throw new IllegalStateException("The simulator itself failed", defects.get(0));
    }
    synchronized (this) {
      return new Result(
          done, List.copyOf(violations.values()), secondsSince(startedAt), events, steps, hash);
    }
  }

  private static double secondsSince(long startedAt) {
    return (System.nanoTime() - startedAt) / 1e9;
  }

  private void one(Scenario scenario, long of, long startedAt) {
    Run.Result result = Run.of(scenario, mutation, 0);
    if (result.violation() != null) {
      synchronized (this) {
        tell(of, startedAt, OptionalLong.of(scenario.seed()));
      }
    }
    Violation violation = result.violation() == null ? null : explained(scenario, result);
    synchronized (this) {
      done++;
      steps += result.tasks();
      hash += SeededRandom.mix(result.hash() ^ scenario.seed()); // in whatever order they end
      result.reached().forEach((event, count) -> events.merge(event, count, Long::sum));
      if (violation != null) {
        violations.put(scenario.seed(), violation);
      }
      tell(of, startedAt, OptionalLong.empty());
    }
  }

  private void tell(long of, long startedAt, OptionalLong violated) {
    progress.accept(new Progress(done, of, violations.size(), secondsSince(startedAt), violated));
  }

  private Violation explained(Scenario scenario, Run.Result result) {
    synchronized (this) {
      if (violationsFound++ >= MAX_EXPLAINED) {
        return new Violation(result.violation(), family, scenario, scenario, "");
      }
    }
    Scenario shrunk = Shrinker.shrink(scenario, mutation);
    Run.Result traced = Run.of(shrunk, mutation, TRACE_LINES);
    return new Violation(traced.violation(), family, scenario, shrunk, traced.trace());
  }
}
