package io.millrace.samples.referrers;

import io.millrace.lease.Lease;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.samples.referrers.page.PageState;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.kinesis.model.Shard;

/**
 * A fleet as its stream and its tables show it, to anybody who may read them: no process and no
 * ledger of it has to be at hand. One thread only.
 */
final class FleetView {

  private static final Logger log = LoggerFactory.getLogger(FleetView.class);

  private static final long COUNTS_INTERVAL_MILLIS = 2_000;
  private static final double KEY_SPACE = BigInteger.TWO.pow(128).doubleValue();

  private final FleetTable table;
  private final CountsTable countsTable;
  private final Resharding stream;
  private final CountsHistory history = new CountsHistory();
  private final LeaseWatch leases = new LeaseWatch();
  private final Map<SessionId, Beat> beats = new HashMap<>();
  private FleetTable.Rows rows = FleetTable.Rows.NONE;
  private List<Shard> shards = List.of();
  private PageState.Counts counts = PageState.Counts.NONE;
  private long nextCountsMillis;

  /** How many different seconds the counts have had as their newest. */
  private long secondsShown;

  private String trouble;

  /**
   * What was seen of a session's heartbeat.
   *
   * @param changedMillis when another number was there for the first time
   */
  record Beat(long number, long changedMillis) {}

  FleetView(FleetTable table, CountsTable countsTable, Resharding stream) {
    this.table = table;
    this.countsTable = countsTable;
    this.stream = stream;
  }

  /** Reads what there is to read. What gets no answer stays as it was. */
  void refresh(long nowMillis) {
    String before = trouble;
    trouble = null;
    attempt(
        "The lease table",
        () -> {
          rows = table.read();
          leases.see(rows.leases());
          beats.keySet().retainAll(rows.sessions().stream().map(Session::id).toList());
          for (Session session : rows.sessions()) {
            Beat last = beats.get(session.id());
            if (last == null || last.number() != session.beat()) {
              beats.put(session.id(), new Beat(session.beat(), nowMillis));
            }
          }
        });
    attempt("The stream", () -> shards = stream.shards());
    if (nowMillis >= nextCountsMillis) {
      // at every turn until the chart has something to show, and has moved
      nextCountsMillis = secondsShown < 2 ? nowMillis : nowMillis + COUNTS_INTERVAL_MILLIS;
      long second = nowMillis / 1_000;
      attempt(
          "The table of counts",
          () -> {
            history.add(countsTable.since(history.readSince(second), Visit.RESOURCES), second);
            long shown = counts.asOfSecond();
            counts = history.counts(second);
            secondsShown += counts.asOfSecond() > shown ? 1 : 0;
          });
    }
    if (trouble != null && before == null) {
      log.warn(trouble);
    }
  }

  private void attempt(String what, Runnable read) {
    try {
      read.run();
    } catch (RuntimeException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      trouble = what + " cannot be read: " + cause.getMessage();
    }
  }

  /** What could not be read the last time; null if all could. */
  String trouble() {
    return trouble;
  }

  /** The leases that the table had the last time. */
  List<Lease> rows() {
    return rows.leases();
  }

  LeaseWatch leases() {
    return leases;
  }

  List<Session> sessions() {
    return rows.sessions();
  }

  /** Null if the session is not in the table. */
  Beat beat(SessionId session) {
    return beats.get(session);
  }

  /** The newest session of a worker, by its heartbeat. */
  Optional<Session> sessionOf(String worker) {
    return rows.sessions().stream()
        .filter(s -> s.id().workerId().equals(worker))
        .max(Comparator.comparingLong(s -> beats.get(s.id()).changedMillis()));
  }

  /** Short names of the unfinished shards that a session of a worker holds. */
  List<String> shardsOf(String worker) {
    return ShardNames.briefly(
        rows.leases().stream()
            .filter(l -> !l.isFinished())
            .filter(l -> FleetTable.owner(l).filter(worker::equals).isPresent())
            .map(l -> l.key().value())
            .toList());
  }

  PageState.Counts counts() {
    return counts;
  }

  /** The ids of the parents that the stream still has. */
  static List<String> parents(Shard shard) {
    return Stream.of(shard.parentShardId(), shard.adjacentParentShardId())
        .filter(p -> p != null)
        .toList();
  }

  List<Shard> streamShards() {
    return shards;
  }

  /**
   * @param waiting by shard; null if it is not known
   */
  List<PageState.Shard> shards(long nowMillis, Map<String, Long> waiting) {
    Map<String, CountsHistory.ShardPace> paces = history.paces(nowMillis / 1_000);
    List<Shard> open = Resharding.open(shards);
    List<PageState.Shard> seen = new ArrayList<>();
    for (Shard shard : shards) {
      String id = shard.shardId();
      Optional<Lease> lease = leases.lease(id);
      Optional<CountsHistory.ShardPace> pace = Optional.ofNullable(paces.get(id));
      boolean closed = !open.contains(shard);
      boolean finished = lease.map(Lease::isFinished).orElse(false);
      seen.add(
          new PageState.Shard(
              id,
              ShardNames.brief(id),
              parents(shard),
              Resharding.start(shard).doubleValue() / KEY_SPACE,
              Resharding.width(shard).doubleValue() / KEY_SPACE,
              closed,
              finished,
              finished ? null : lease.flatMap(FleetTable::owner).orElse(null),
              lease.map(l -> l.checkpoint().toString()).orElse(null),
              lease.map(Lease::counter).orElse(null),
              finished ? null : pace.map(CountsHistory.ShardPace::perSecond).orElse(null),
              waiting == null ? null : waiting.getOrDefault(id, 0L),
              finished ? null : pace.map(CountsHistory.ShardPace::behindMillis).orElse(null),
              open.stream()
                  .filter(other -> !closed && Resharding.isBefore(shard, other))
                  .map(Shard::shardId)
                  .findFirst()
                  .orElse(null)));
    }
    return seen;
  }
}
