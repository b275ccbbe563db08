package io.millrace.kcl.engine;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where the processing of one shard under one fencing token stands. The table at the end is the
 * only place that says which phase follows which; the diagram in the documentation is made from it.
 */
public enum ConsumerPhase {
  /**
   * The lease is held; no processor yet: parents are unfinished, or the last attempt to initialize
   * failed.
   */
  WAITING,
  /** {@code initialize} is being called. */
  INITIALIZING,
  /** Between two calls. */
  IDLE,
  /** {@code processRecords} is being called. */
  DELIVERING,
  /** Records that are given up are being stored as dead letters. */
  GIVING_UP,
  /** Every record was delivered; {@code shardEnded} is being called. */
  ENDING,
  /** {@code shutdownRequested} is being called, the last call before the lease is handed over. */
  DRAINING,
  /** {@code leaseLost} is being called, the last call after the lease was lost. */
  LOSING,
  /** No call is under way, and none will follow. */
  STOPPED;

  /** What moves a consumer from one phase to the next. */
  public enum Signal {
    /** The parents are finished: a processor is made. */
    START,
    /** The call returned. */
    RETURNED,
    /** The call threw. */
    FAILED,
    /** A batch is delivered, for the first time or again. */
    DELIVER,
    /** Records are not delivered again, and their dead letters are to be stored. */
    GIVE_UP,
    /** There is nothing left to deliver. */
    END,
    /** {@code SHARD_END} is in the store. */
    ENDED,
    /** The lease is to be handed over. */
    DRAIN,
    /** The lease is lost. */
    LOSE,
    /** There is no processor to tell: the consumer just stops. */
    STOP,
    /** A call took too long while the lease is to be given away: its outcome no longer matters. */
    ABANDON
  }

  private static final Map<ConsumerPhase, Map<Signal, ConsumerPhase>> TABLE =
      new EnumMap<>(ConsumerPhase.class);

  static {
    for (ConsumerPhase phase : values()) {
      TABLE.put(phase, new EnumMap<>(Signal.class));
    }
    edge(WAITING, Signal.START, INITIALIZING);
    edge(WAITING, Signal.STOP, STOPPED);
    edge(INITIALIZING, Signal.RETURNED, IDLE);
    edge(INITIALIZING, Signal.FAILED, WAITING);
    edge(INITIALIZING, Signal.ABANDON, STOPPED);
    edge(IDLE, Signal.DELIVER, DELIVERING);
    edge(IDLE, Signal.GIVE_UP, GIVING_UP);
    edge(IDLE, Signal.END, ENDING);
    edge(IDLE, Signal.DRAIN, DRAINING);
    edge(IDLE, Signal.LOSE, LOSING);
    edge(DELIVERING, Signal.RETURNED, IDLE);
    edge(DELIVERING, Signal.FAILED, IDLE);
    edge(DELIVERING, Signal.ABANDON, STOPPED);
    edge(GIVING_UP, Signal.RETURNED, IDLE);
    edge(GIVING_UP, Signal.FAILED, IDLE);
    edge(GIVING_UP, Signal.ABANDON, STOPPED);
    edge(ENDING, Signal.RETURNED, IDLE);
    edge(ENDING, Signal.FAILED, IDLE);
    edge(ENDING, Signal.ENDED, STOPPED);
    edge(ENDING, Signal.ABANDON, STOPPED);
    edge(DRAINING, Signal.RETURNED, STOPPED);
    edge(DRAINING, Signal.FAILED, STOPPED);
    edge(DRAINING, Signal.ABANDON, STOPPED);
    edge(LOSING, Signal.RETURNED, STOPPED);
    edge(LOSING, Signal.FAILED, STOPPED);
    edge(LOSING, Signal.ABANDON, STOPPED);
  }

  private static void edge(ConsumerPhase from, Signal signal, ConsumerPhase to) {
    TABLE.get(from).put(signal, to);
  }

  /** The phase that follows; empty if the signal has no meaning here. */
  public Optional<ConsumerPhase> after(Signal signal) {
    return Optional.ofNullable(TABLE.get(this).get(signal));
  }

  /** The whole table. */
  public static Map<ConsumerPhase, Map<Signal, ConsumerPhase>> transitions() {
    return Collections.unmodifiableMap(TABLE);
  }

  /** Whether a call of the user's processor is under way. */
  public boolean isCalling() {
    return switch (this) {
      case INITIALIZING, DELIVERING, GIVING_UP, ENDING, DRAINING, LOSING -> true;
      case WAITING, IDLE, STOPPED -> false;
    };
  }
}
