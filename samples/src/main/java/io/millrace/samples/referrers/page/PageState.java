package io.millrace.samples.referrers.page;

import java.util.List;

/**
 * All that the page shows at one moment; it is sent as JSON, whole, every second. What is not known
 * is null.
 *
 * @param atMillis when, in milliseconds since the epoch, as all times here
 * @param phase {@code starting}, {@code running}, {@code ending} or {@code ended}
 * @param trouble what could not be read, in words; what it would have shown is as old as the last
 *     answer
 * @param place what is looked at
 * @param totals what the ledgers say; null where there are none
 * @param counts what the table of counts says
 * @param shards every shard of the stream, closed ones included, oldest first
 * @param workers those that run, and those that ended a short while ago
 * @param log what happened, newest first
 */
public record PageState(
    long atMillis,
    String phase,
    String trouble,
    Place place,
    Totals totals,
    Counts counts,
    List<Shard> shards,
    List<Worker> workers,
    List<LogEntry> log) {

  public PageState {
    shards = List.copyOf(shards);
    workers = List.copyOf(workers);
    log = List.copyOf(log);
  }

  /** What is shown until there is something to show. */
  public static PageState starting(long atMillis, Place place) {
    return new PageState(
        atMillis, "starting", null, place, null, Counts.NONE, List.of(), List.of(), List.of());
  }

  /**
   * What is looked at, and what can be done to it.
   *
   * @param processes whether the workers are processes of this machine that can be ended, paused
   *     and added
   * @param resharding whether shards can be split and merged
   * @param recordsPerSecond what the writer puts; null where the writer is somebody else's
   */
  public record Place(
      String stream,
      String countsTable,
      String where,
      boolean processes,
      boolean resharding,
      Integer recordsPerSecond) {}

  /**
   * Records, by the ledgers.
   *
   * @param waiting put, and not processed yet
   * @param twice processed more than once
   * @param lost put and not processed, though a later record of their shard was
   */
  public record Totals(long put, long processed, long waiting, long twice, long lost) {}

  /**
   * Visits by referrer, within a sliding window, for each second.
   *
   * @param fromSecond what the first value of every series belongs to, in seconds since the epoch
   * @param asOfSecond what the last one belongs to; 0 if there are no counts
   * @param windowSeconds over how long is counted
   */
  public record Counts(
      long fromSecond, long asOfSecond, int windowSeconds, List<Series> series, List<Top> top) {

    public static final Counts NONE = new Counts(0, 0, 0, List.of(), List.of());

    public Counts {
      series = List.copyOf(series);
      top = List.copyOf(top);
    }
  }

  /**
   * One line of the chart.
   *
   * @param visits null where nobody counted
   */
  public record Series(String referrer, List<Long> visits) {}

  /** One of the referrers with most visits, at {@link Counts#asOfSecond}. */
  public record Top(String referrer, long visits) {}

  /**
   * A shard.
   *
   * @param name short, such as {@code 3}
   * @param parents ids of shards
   * @param startsAt where its hash-key range begins, 0 to 1
   * @param share of the hash-key space, 0 to 1
   * @param closed whether it was split or merged
   * @param finished whether it is processed to its end
   * @param owner the name of a worker; null if nobody holds it
   * @param checkpoint the resume point: a sequence number or a word; null if it has no lease
   * @param token the fencing token of its lease
   * @param perSecond records that were processed, averaged over the window
   * @param waiting records put and not processed yet
   * @param behindMillis how far the worker says it is behind
   * @param mergeableWith the id of the next open shard, where there is one
   */
  public record Shard(
      String id,
      String name,
      List<String> parents,
      double startsAt,
      double share,
      boolean closed,
      boolean finished,
      String owner,
      String checkpoint,
      Long token,
      Double perSecond,
      Long waiting,
      Long behindMillis,
      String mergeableWith) {}

  /**
   * A worker.
   *
   * @param state {@code starting}, {@code running}, {@code paused}, {@code stopping}, {@code
   *     stopped}, {@code killed} or {@code failed}
   * @param shards short names of those it holds
   * @param session its entry in the lease table; null if it has none
   * @param beats heartbeats of that session
   * @param beatAgeMillis since when no heartbeat of it was seen
   * @param processorMillis processor time it has used
   * @param processorShare of one processor, over the last seconds, 0 to 1 or more
   */
  public record Worker(
      String name,
      String state,
      Long processId,
      List<String> shards,
      String session,
      Long beats,
      Long beatAgeMillis,
      Long processorMillis,
      Double processorShare) {}

  /**
   * A line of the event log.
   *
   * @param id of this line for ever, though its text may grow
   * @param kind {@code add}, {@code kill}, {@code stop}, {@code pause}, {@code resume}, {@code
   *     split}, {@code merge}, {@code rate} or {@code note}
   * @param done whether the text will not change any more
   * @param bad whether something is wrong
   */
  public record LogEntry(
      long id, long atMillis, String kind, String text, boolean done, boolean bad) {}
}
