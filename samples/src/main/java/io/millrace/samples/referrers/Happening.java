package io.millrace.samples.referrers;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Something that was done to a fleet, and how it is told from the evidence. */
sealed interface Happening {

  /** How long after a shard went on what its new worker saw twice is counted. */
  long SETTLING_MILLIS = 4_000;

  /** How long after a worker's first lease its other ones come. */
  long TAKING_MILLIS = 4_000;

  String SEPARATOR = " · ";

  String TIME = "{time}";

  /** With this, a worker's {@link EventFile} says that the condition in the table was not met. */
  String STORE_REFUSED = "lost: the store refused a write";

  /**
   * @param done whether everything is known, so that the text stays
   * @param bad whether something happened that must not
   */
  record Told(String text, boolean done, boolean bad) {}

  long atMillis();

  /** As in {@link io.millrace.samples.referrers.page.PageState.LogEntry}. */
  String kind();

  Told tell(Evidence evidence);

  /**
   * Something that has no consequences to wait for.
   *
   * @param text {@value #TIME} in it stands for when it happened
   */
  record Note(long atMillis, String kind, String text, boolean bad) implements Happening {
    @Override
    public Told tell(Evidence evidence) {
      return new Told(text.replace(TIME, evidence.time(atMillis)), true, bad);
    }
  }

  /** A worker was started. */
  record Added(long atMillis, String worker) implements Happening {
    @Override
    public String kind() {
      return "add";
    }

    @Override
    public Told tell(Evidence evidence) {
      String start = worker + " started " + evidence.time(atMillis);
      List<WorkerEvents.Event> taken =
          evidence.events(worker, atMillis).stream()
              .filter(e -> e.name().equals("leaseTaken"))
              .toList();
      if (taken.isEmpty()) {
        return new Told(start, false, false);
      }
      long first = taken.get(0).atMillis();
      Set<String> shards = new LinkedHashSet<>();
      taken.stream()
          .filter(e -> e.atMillis() <= first + TAKING_MILLIS)
          .forEach(e -> shards.add(e.shard()));
      return new Told(
          start
              + SEPARATOR
              + "took "
              + ShardNames.list(shards)
              + " after "
              + Evidence.seconds(first - atMillis),
          evidence.nowMillis() > first + TAKING_MILLIS,
          false);
    }
  }

  /** A worker got SIGKILL. */
  record Killed(long atMillis, String worker) implements Happening {
    @Override
    public String kind() {
      return "kill";
    }

    @Override
    public Told tell(Evidence evidence) {
      return Going.of(evidence, worker, atMillis).tell(worker + " killed", "resumed on");
    }
  }

  /** A worker got SIGTERM. */
  record Stopped(long atMillis, String worker) implements Happening {
    @Override
    public String kind() {
      return "stop";
    }

    @Override
    public Told tell(Evidence evidence) {
      Told told = Going.of(evidence, worker, atMillis).tell(worker + " told to stop", "went on at");
      OptionalLong pause = evidence.handoverMillis(worker, atMillis);
      return told.done() && pause.isPresent()
          ? new Told(
              told.text() + SEPARATOR + "longest pause " + Evidence.seconds(pause.getAsLong()),
              true,
              told.bad())
          : told;
    }
  }

  /** A worker got SIGSTOP. */
  record Paused(long atMillis, String worker) implements Happening {
    @Override
    public String kind() {
      return "pause";
    }

    @Override
    public Told tell(Evidence evidence) {
      Going going = Going.of(evidence, worker, atMillis);
      Told told = going.tell(worker + " paused", "resumed on");
      if (!told.done() && evidence.wasResumedAfter(worker, atMillis) && going.nobodyTookAny()) {
        return new Told(
            worker
                + " paused "
                + evidence.time(atMillis)
                + SEPARATOR
                + "it went on before anybody took its shards",
            true,
            false);
      }
      return told;
    }
  }

  /**
   * What a worker held in the lease table when it was paused.
   *
   * @param token with which it would have to write
   */
  record HeldBefore(String shard, long token) {}

  /**
   * A worker got SIGCONT: as far as it knows it still holds what it held.
   *
   * @param pausedAtMillis when it had got SIGSTOP
   * @param held by the lease table, just after that
   */
  record Resumed(long atMillis, String worker, long pausedAtMillis, List<HeldBefore> held)
      implements Happening {

    @Override
    public String kind() {
      return "resume";
    }

    @Override
    public Told tell(Evidence evidence) {
      String start =
          worker
              + " resumed "
              + evidence.time(atMillis)
              + " after "
              + Evidence.seconds(atMillis - pausedAtMillis)
              + SEPARATOR;
      Set<String> lost = new TreeSet<>();
      for (HeldBefore h : held) {
        if (evidence.lease(h.shard()).map(l -> l.counter() > h.token()).orElse(true)) {
          lost.add(h.shard());
        }
      }
      if (lost.isEmpty()) {
        return new Told(
            start + (held.isEmpty() ? "it had no shards" : "it still has its shards"),
            evidence.nowMillis() > atMillis + SETTLING_MILLIS,
            false);
      }
      List<WorkerEvents.Event> events = evidence.events(worker, atMillis);
      Set<String> noticed = new TreeSet<>();
      Set<String> refused = new TreeSet<>();
      for (WorkerEvents.Event event : events) {
        if (event.name().equals("leaseEnded") && lost.contains(event.shard())) {
          if (noticed.add(event.shard()) && event.reason().startsWith(STORE_REFUSED)) {
            refused.add(event.shard());
          }
        }
      }
      if (!noticed.containsAll(lost)) {
        return new Told(
            start + "others have taken " + ShardNames.list(lost) + ", which it does not know yet",
            false,
            false);
      }
      List<String> back = lost.stream().filter(evidence::wentBack).toList();
      if (!back.isEmpty()) {
        return new Told(
            start
                + "the checkpoint of "
                + ShardNames.list(back)
                + " went back, which must not happen",
            true,
            true);
      }
      boolean fenced = events.stream().anyMatch(e -> e.name().equals("fenced"));
      return new Told(start + verdict(fenced, refused, lost), true, false);
    }

    private static String verdict(boolean fenced, Set<String> refused, Set<String> lost) {
      String none = "it moved no checkpoint of " + ShardNames.list(lost);
      if (fenced && refused.isEmpty()) {
        return "it fenced itself: " + none;
      }
      if (fenced) {
        return "it fenced itself, and the store refused its late checkpoint of "
            + ShardNames.list(refused)
            + ": "
            + none;
      }
      if (!refused.isEmpty()) {
        return "the store refused its checkpoint of " + ShardNames.list(refused) + ": " + none;
      }
      return "it found its leases taken before it wrote anything: " + none;
    }
  }

  /** Shards were split or merged. */
  record Resharded(long atMillis, String kind, Set<String> parents) implements Happening {
    @Override
    public Told tell(Evidence evidence) {
      String start =
          ShardNames.list(parents)
              + (kind.equals("split") ? " split " : " merged ")
              + evidence.time(atMillis);
      OptionalLong gap = evidence.reshardGapMillis(parents);
      if (gap.isEmpty()) {
        return new Told(start, false, false);
      }
      return new Told(
          start
              + SEPARATOR
              + ShardNames.list(evidence.childrenOf(parents))
              + " went on "
              + Evidence.seconds(Math.max(0, gap.getAsLong()))
              + " after the last record before",
          true,
          false);
    }
  }

  /** How the shards of a worker that is gone go on. */
  record Going(Evidence evidence, long atMillis, List<Ledgers.Resumption> shards) {

    static Going of(Evidence evidence, String worker, long atMillis) {
      return new Going(evidence, atMillis, evidence.resumptions(worker, atMillis));
    }

    boolean nobodyTookAny() {
      return shards.stream().noneMatch(Ledgers.Resumption::isDone);
    }

    Told tell(String what, String verb) {
      List<String> text = new ArrayList<>();
      text.add(what + " " + evidence.time(atMillis));
      if (shards.isEmpty()) {
        text.add("it had no shards");
        return new Told(String.join(SEPARATOR, text), true, false);
      }
      Map<String, List<Ledgers.Resumption>> byWorker = new TreeMap<>();
      shards.stream()
          .filter(Ledgers.Resumption::isDone)
          .forEach(s -> byWorker.computeIfAbsent(s.worker(), w -> new ArrayList<>()).add(s));
      byWorker.forEach(
          (worker, resumed) ->
              text.add(
                  ShardNames.list(ids(resumed))
                      + " "
                      + verb
                      + " "
                      + worker
                      + " after "
                      + Evidence.seconds(last(resumed) - atMillis)));
      List<Ledgers.Resumption> pending =
          shards.stream().filter(s -> !s.isDone() && !evidence.isFinished(s.shard())).toList();
      if (!pending.isEmpty()) {
        text.add(ShardNames.list(ids(pending)) + " not yet");
        return new Told(String.join(SEPARATOR, text), false, false);
      }
      long lost = shards.stream().mapToLong(s -> evidence.lostOf(s.shard())).sum();
      long twice = shards.stream().mapToLong(Ledgers.Resumption::twice).sum();
      text.add(
          String.format(
              Locale.ROOT,
              "%,d %s lost, %,d seen twice",
              lost,
              lost == 1 ? "record" : "records",
              twice));
      return new Told(
          String.join(SEPARATOR, text),
          evidence.nowMillis() > last(shards) + SETTLING_MILLIS,
          lost > 0);
    }

    private static long last(Collection<Ledgers.Resumption> resumed) {
      return resumed.stream().mapToLong(Ledgers.Resumption::atMillis).max().orElse(0);
    }

    private static List<String> ids(Collection<Ledgers.Resumption> shards) {
      return shards.stream().map(Ledgers.Resumption::shard).toList();
    }
  }
}
