package io.millrace.simulation;

/**
 * Something goes wrong, or changes, at one time of a scenario. What the numbers mean depends on the
 * kind; a target is counted modulo what there is, so that every fault fits every fleet.
 *
 * @param atMillis when, after the start
 * @param target which worker or shard; -1 is every worker, where that makes sense
 * @param forMillis for how long
 * @param amount how much
 */
public record Fault(long atMillis, Kind kind, int target, long forMillis, long amount) {

  /** What goes wrong. */
  public enum Kind {
    /** A worker's process ends at once; the same worker id starts again after a while. */
    CRASH,
    /** A worker's process ends at once and does not come back. */
    CRASH_FOR_GOOD,
    /** A worker leaves in order; a new one, with another failover time, takes its place. */
    ROLL,
    /** As {@code ROLL}, but the worker is stopped rather than told to hand over. */
    STOP,
    /** Another worker joins. */
    JOIN,
    /** Another worker joins with a worker id that is taken. */
    TWIN,
    /**
     * A worker joins and is told to leave {@code forMillis} later, perhaps before it has joined.
     */
    VISIT,
    /** A process stands still; its clocks go on. */
    PAUSE,
    /** A machine is suspended: its monotonic clock stands still. */
    SUSPEND,
    /** A machine's clocks run differently, by so many millionths. */
    DRIFT,
    /** A machine's wall clock jumps. */
    WALL_JUMP,
    /** A worker cannot reach the table. */
    STORE_CUT,
    /** The table's requests take up to so many milliseconds, each way. */
    STORE_SLOW,
    /** The table refuses so many percent of the requests, with no effect. */
    STORE_REFUSES,
    /** So many percent of the requests take effect, and their answers are lost. */
    STORE_LOSES_ANSWERS,
    /** A third of the requests takes effect up to so many milliseconds after its caller gave up. */
    STORE_LATE,
    /**
     * Reads of the table show it as it was: single rows up to so many milliseconds ago within the
     * timeout, and the parts of a scan up to so many milliseconds apart.
     */
    STORE_STALE,
    /** A worker cannot reach the stream. */
    STREAM_CUT,
    /** The stream's requests take up to so many milliseconds, each way. */
    STREAM_SLOW,
    /** So many percent of the calls to the stream are throttled. */
    STREAM_THROTTLES,
    /** So many percent of the calls to the stream fail. */
    STREAM_FAILS,
    /** Every iterator handed out so far is refused. */
    ITERATORS_EXPIRE,
    /** So many percent of the reads give nothing although there are records. */
    EMPTY_PAGES,
    /** Listings show the shards as they were so many milliseconds ago. */
    LISTING_LATE,
    /** So many percent of the listings leave a shard out. */
    LISTING_INCOMPLETE,
    /** A shard is split. */
    SPLIT,
    /** Two neighbours are merged. */
    MERGE,
    /** Shards are split and merged again and again, every so many milliseconds. */
    RESHARD,
    /** Retention takes everything older than so many milliseconds, and shards closed before. */
    TRIM,
    /** A processor throws in so many percent of the calls. */
    PROCESS_THROWS,
    /** {@code initialize} throws in so many percent of the calls. */
    INITIALIZE_THROWS,
    /** Calls of a processor take up to so many milliseconds. */
    PROCESS_SLOW,
    /** Calls of a processor do not return before the fault ends. */
    PROCESS_BLOCKS,
    /** Calls of a processor made meanwhile never return. */
    PROCESS_NEVER_RETURNS,
    /** Checkpoints are made later, from another thread. */
    CHECKPOINT_LATE,
    /** Checkpoints ask for records that were not delivered. */
    CHECKPOINT_AHEAD,
    /** Nothing is checkpointed. */
    CHECKPOINT_NEVER,
    /** Nothing is checkpointed at the end of a shard. */
    CHECKPOINT_NOT_AT_END,
    /** So many percent of the records put meanwhile make their processor throw, every time. */
    POISON,
    /** So many percent of the attempts to store dead letters fail. */
    DEAD_LETTERS_REFUSED,
    /** Somebody pauses a shard. */
    SHARD_PAUSED,
    /** Somebody deletes the row of an unfinished lease by hand. */
    ROW_REMOVED,
    /** A worker of another library takes an unfinished lease, and lets go of it later. */
    FOREIGN_OWNER,
    /**
     * At peace, an hour goes by and retention takes every shard that was closed: the rows of
     * finished leases that nobody needs must go.
     */
    HOUR_PASSES,
    /**
     * From before the start, workers of another library own a lease of the table: every worker must
     * refuse to start, and write nothing.
     */
    FOREIGN_TABLE,
    /** Somebody deletes the whole table: every worker must stop. */
    TABLE_DELETED,
    /** Somebody hands the table back to another library: every worker must stop. */
    HANDED_BACK,
    /** The stream is deleted: every worker must stop. */
    STREAM_DELETED,
    /** The stream is deleted and created again: every worker must stop. */
    STREAM_RECREATED;

    /** Whether the application cannot go on after it. */
    public boolean isFinal() {
      return this == FOREIGN_TABLE
          || this == TABLE_DELETED
          || this == HANDED_BACK
          || this == STREAM_DELETED
          || this == STREAM_RECREATED;
    }
  }

  String toJava() {
    return String.format(
        "new Fault(%d, Kind.%s, %d, %d, %d)", atMillis, kind, target, forMillis, amount);
  }
}
