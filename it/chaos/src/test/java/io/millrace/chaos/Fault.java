package io.millrace.chaos;

import java.time.Duration;

/**
 * Something that is done to a fleet of real processes. Workers are numbered by slot, from 0; where
 * a slot has no process at that moment, the next one that has is taken.
 */
sealed interface Fault {

  /** What it is counted as. */
  String kind();

  /** kill -9, and a new process in the same slot some time later. */
  record Kill(int worker, boolean sameWorkerId, Duration downFor) implements Fault {
    @Override
    public String kind() {
      return sameWorkerId ? "kill-9, same worker id again" : "kill-9, new worker id";
    }
  }

  /** SIGSTOP, and SIGCONT some time later. */
  record Pause(int worker, Duration lasts) implements Fault {
    @Override
    public String kind() {
      return lasts.toMillis() > FAILOVER_MILLIS
          ? "SIGSTOP past the failover time"
          : "SIGSTOP, short";
    }
  }

  /** A worker's connections to a service. */
  record Link(int worker, Service service, Trouble trouble, Duration lasts) implements Fault {
    @Override
    public String kind() {
      return service.text + ": " + trouble.text;
    }
  }

  /** Nobody can reach a service. */
  record Outage(Service service, Duration lasts) implements Fault {
    @Override
    public String kind() {
      return service.text + ": out of reach for all";
    }
  }

  /** Every worker is stopped with SIGTERM and replaced, one after another. */
  record Rollout() implements Fault {
    @Override
    public String kind() {
      return "rolling deployment";
    }
  }

  /**
   * An open shard becomes two.
   *
   * @param pick which: from 0, inclusive, to 1, exclusive
   */
  record Split(double pick) implements Fault {
    @Override
    public String kind() {
      return "split";
    }
  }

  /**
   * Two adjacent open shards become one.
   *
   * @param pick which: from 0, inclusive, to 1, exclusive
   */
  record Merge(double pick) implements Fault {
    @Override
    public String kind() {
      return "merge";
    }
  }

  /** The default of the configuration, which the workers use. */
  long FAILOVER_MILLIS = 6_000;

  enum Service {
    KINESIS("Kinesis"),
    DYNAMODB("DynamoDB");

    final String text;

    Service(String text) {
      this.text = text;
    }
  }

  /** What happens to the connections of one worker to one service. */
  enum Trouble {
    /** Open connections are reset; new ones are accepted. */
    CUT("connections cut"),
    /** Open connections are reset, new ones refused. */
    REFUSED("connections refused"),
    /** The way to the service takes longer. */
    REQUESTS_DELAYED("requests delayed"),
    /** The way back takes longer. */
    ANSWERS_DELAYED("answers delayed"),
    /** Requests get stuck, and take effect when it is over, however long ago the caller gave up. */
    REQUESTS_STUCK("requests stuck, then let through"),
    /** Requests take effect at once; their answers get stuck, and arrive when it is over. */
    ANSWERS_STUCK("answers stuck, then let through"),
    /** Connections are accepted and requests vanish. */
    REQUESTS_LOST("black hole for requests"),
    /** Requests take effect, and the caller never hears of it. */
    ANSWERS_LOST("black hole for answers");

    final String text;

    Trouble(String text) {
      this.text = text;
    }
  }
}
