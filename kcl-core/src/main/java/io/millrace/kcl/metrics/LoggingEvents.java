package io.millrace.kcl.metrics;

import io.millrace.kcl.engine.EngineEvents;
import io.millrace.kcl.engine.FailureRule;
import io.millrace.kcl.engine.GivenUp;
import io.millrace.kcl.engine.ShardCheckpointer.LeaseLostException;
import io.millrace.kcl.health.ShardHealth;
import io.millrace.kcl.time.Clock;
import io.millrace.lease.LeaseKey;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the engine does, as log lines: state changes at INFO, naming worker, shard and token;
 * trouble at WARN or ERROR; nothing for a batch.
 *
 * <p>Trouble that repeats is said once, then at most every {@value #REPEAT_MILLIS} ms for each kind
 * and shard, with the number of times it was not said. Up to {@value #MAX_TROUBLES} kinds and
 * shards are remembered; beyond that the one not seen for longest is forgotten.
 *
 * <p>Called on the engine's loop thread only.
 */
public final class LoggingEvents implements EngineEvents {

  static final long REPEAT_MILLIS = 60_000;
  static final int MAX_TROUBLES = 1_024;

  /** An error is logged when no more than one part in so many of the retention is left. */
  private static final long RETENTION_ALARM_PARTS = 5;

  private final Logger log;
  private final String worker;
  private final Clock clock;
  private final Map<String, Trouble> troubles = new LinkedHashMap<>(16, 0.75f, true);
  private int owned = -1;
  private boolean fenced;
  private String session;

  private static final class Trouble {
    long saidAtMillis;
    long unsaid;
  }

  /**
   * @param worker what lines call this worker until it has a session, which is then named
   */
  public LoggingEvents(String worker, Clock clock) {
    this(LoggerFactory.getLogger("io.millrace.kcl.Worker"), worker, clock);
  }

  LoggingEvents(Logger log, String worker, Clock clock) {
    this.log = log;
    this.worker = worker;
    this.clock = clock;
  }

  @Override
  public void sessionJoined(String sessionId) {
    session = sessionId;
    log.info("Worker {} joined as session {}", worker, sessionId);
  }

  @Override
  public void sessionExpired(String sessionId) {
    log.info("Worker {}: session {} is dead, its leases are free", name(), sessionId);
  }

  @Override
  public void leaseTaken(LeaseKey shard, long token, String how) {
    log.info("Worker {} took shard {} (token {}): {}", name(), shard, token, how);
  }

  @Override
  public void leaseLost(LeaseKey shard, long token, String why) {
    forget(shard);
    log.warn("Worker {} lost shard {} (token {}): {}", name(), shard, token, why);
  }

  @Override
  public void leaseGiven(LeaseKey shard, long token, String successorOrNull, String why) {
    forget(shard);
    if (successorOrNull == null) {
      log.info("Worker {} released shard {} (token {}): {}", name(), shard, token, why);
    } else {
      log.info(
          "Worker {} handed shard {} (token {}) to {}: {}",
          name(),
          shard,
          token,
          successorOrNull,
          why);
    }
  }

  @Override
  public void shardFinished(LeaseKey shard) {
    forget(shard);
    log.info("Worker {} finished shard {}", name(), shard);
  }

  @Override
  public void leasesOwned(int count) {
    if (count != owned) {
      owned = count;
      log.debug("Worker {} holds {} leases", name(), count);
    }
  }

  @Override
  public void consumerPhase(LeaseKey shard, String phase, String reason) {
    log.debug("Worker {}, shard {}: {} ({})", name(), shard, phase, reason);
  }

  @Override
  public void processed(LeaseKey shard, long millis, Throwable failureOrNull, int attempt) {
    if (failureOrNull instanceof LeaseLostException) {
      return; // not the processor's failure; the lease's own lines tell the rest
    }
    String key = "process " + shard;
    if (failureOrNull == null) {
      if (troubles.remove(key) != null) {
        log.info(
            "Worker {}: the processor of shard {} has recovered, at attempt {}",
            name(),
            shard,
            attempt);
      }
      return;
    }
    Trouble trouble = due(key);
    if (trouble != null) {
      log.error(
          "Worker {}: the processor of shard {} threw (attempt {}){}",
          name(),
          shard,
          attempt,
          unsaid(trouble),
          failureOrNull);
    }
  }

  @Override
  public void gaveUp(LeaseKey shard, GivenUp records, FailureRule.Then then) {
    log.error(
        "Worker {}: {} of shard {} from {} on {} given up after {} attempts and {}",
        name(),
        records.records().size() == 1 ? "1 record" : records.records().size() + " records",
        shard,
        records.records().get(0).position(),
        records.records().size() == 1 ? "was" : "were",
        records.attempts(),
        then == FailureRule.Then.SKIP ? "skipped" : "stored as dead letters",
        records.cause());
  }

  @Override
  public void deadLettersRefused(LeaseKey shard, Throwable cause, int attempt) {
    Trouble trouble = due("dead letters " + shard);
    if (trouble != null) {
      log.error(
          "Worker {}: dead letters of shard {} could not be stored (attempt {}); they are tried"
              + " again, and the shard waits{}",
          name(),
          shard,
          attempt,
          unsaid(trouble),
          cause);
    }
  }

  @Override
  public void stoppedByRule(LeaseKey shard, String reasonOrNull) {
    if (reasonOrNull == null) {
      log.info("Worker {}: shard {} goes on, with the records that failed", name(), shard);
    } else {
      log.error(
          "Worker {}: shard {} is {}. Its lease is kept; resume it when the cause is mended",
          name(),
          shard,
          reasonOrNull);
    }
  }

  @Override
  public void paused(LeaseKey shard, boolean paused, String reason) {
    log.info("Worker {}: shard {} is {}", name(), shard, paused ? "paused: " + reason : reason);
  }

  @Override
  public void waiting(LeaseKey shard, long ageMillis, long retentionMillis) {
    if (ageMillis < retentionMillis / RETENTION_ALARM_PARTS * (RETENTION_ALARM_PARTS - 1)) {
      return;
    }
    Trouble trouble = due("retention " + shard);
    if (trouble != null) {
      log.error(
          "Worker {}: the oldest unprocessed record of shard {} is {} minutes old, and the stream"
              + " removes records after {} minutes: mend what keeps it from being processed, or"
              + " raise the stream's retention, or it is lost",
          name(),
          shard,
          ageMillis / 60_000,
          retentionMillis / 60_000);
    }
  }

  @Override
  public void stalled(ShardHealth health) {
    log.warn(
        "Worker {}: shard {} has made no progress for {} s: {}, {}",
        name(),
        health.shardId(),
        health.since().toSeconds(),
        health.state(),
        health.explanation());
  }

  @Override
  public void moves(ShardHealth health) {
    log.info("Worker {}: shard {} makes progress again", name(), health.shardId());
  }

  @Override
  public void beat(boolean answered, long millis) {
    if (answered) {
      if (troubles.remove("beat") != null) {
        log.info("Worker {}: heartbeats are answered again", name());
      }
      return;
    }
    Trouble trouble = due("beat");
    if (trouble != null) {
      log.warn("Worker {}: a heartbeat got no answer in {} ms{}", name(), millis, unsaid(trouble));
    }
  }

  @Override
  public void fenced(boolean isFenced) {
    if (isFenced == fenced) {
      return;
    }
    fenced = isFenced;
    if (isFenced) {
      log.warn(
          "Worker {} delivers and checkpoints nothing until a heartbeat succeeds: it may have been"
              + " given up by the others",
          name());
    } else {
      log.info("Worker {} goes on: its session is alive", name());
    }
  }

  @Override
  public void readThrottled(LeaseKey shard) {
    Trouble trouble = due("throttle " + shard);
    if (trouble != null) {
      log.warn(
          "Worker {}: reads of shard {} are throttled; another application may be reading it"
              + " too{}",
          name(),
          shard,
          unsaid(trouble));
    }
  }

  @Override
  public void readFailed(LeaseKey shard, Throwable cause) {
    Trouble trouble = due("read " + shard);
    if (trouble != null) {
      log.warn(
          "Worker {}: shard {} could not be read, and is tried again: {}{}",
          name(),
          shard,
          String.valueOf(cause.getMessage()),
          unsaid(trouble));
      log.debug("Cause", cause);
    }
  }

  @Override
  public void gap(LeaseKey shard, String what) {
    log.error("Worker {}: records of shard {} were not processed: {}", name(), shard, what);
  }

  @Override
  public void storeTrouble(String operation, Throwable cause) {
    Trouble trouble = due("store " + operation);
    if (trouble != null) {
      log.warn(
          "Worker {}: {} on the lease table failed, and is tried again: {}{}",
          name(),
          operation,
          String.valueOf(cause.getMessage()),
          unsaid(trouble));
      log.debug("Cause", cause);
    }
  }

  @Override
  public void notice(String level, String message) {
    switch (level) {
      case "ERROR" -> log.error("Worker {}: {}", name(), message);
      case "WARN" -> log.warn("Worker {}: {}", name(), message);
      default -> log.info("Worker {}: {}", name(), message);
    }
  }

  private String name() {
    return session == null ? worker : session;
  }

  /** Counts a trouble; what to say about it, or null if it was said lately. */
  private Trouble due(String key) {
    long now = clock.monotonicMillis();
    Trouble trouble = troubles.get(key);
    if (trouble == null) {
      trouble = new Trouble();
      trouble.saidAtMillis = now;
      troubles.put(key, trouble);
      Iterator<String> oldest = troubles.keySet().iterator();
      if (troubles.size() > MAX_TROUBLES) {
        oldest.next();
        oldest.remove();
      }
      return trouble;
    }
    if (now - trouble.saidAtMillis < REPEAT_MILLIS) {
      trouble.unsaid++;
      return null;
    }
    trouble.saidAtMillis = now;
    return trouble;
  }

  /** Says how often it was not said, and begins to count anew. */
  private static String unsaid(Trouble trouble) {
    long count = trouble.unsaid;
    trouble.unsaid = 0;
    return count == 0 ? "" : " (" + count + " more since this was last said)";
  }

  private void forget(LeaseKey shard) {
    troubles.remove("process " + shard);
    troubles.remove("dead letters " + shard);
    troubles.remove("retention " + shard);
    troubles.remove("throttle " + shard);
    troubles.remove("read " + shard);
  }
}
