package io.millrace.chaos;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScanResponse;

/**
 * Looks at the lease table from outside, again and again, and writes down every change of a row
 * that it sees. Safe for use by several threads.
 */
final class LeaseWatch implements AutoCloseable {

  private static final long INTERVAL_MILLIS = 300;

  private final DynamoDbAsyncClient dynamoDb;
  private final String table;
  private final LedgerFile ledger;
  private final ScheduledExecutorService thread;
  private volatile SortedMap<String, LedgerLine.LeaseSeen> rows = new TreeMap<>();
  private volatile Exception failure;

  LeaseWatch(DynamoDbAsyncClient dynamoDb, String table, LedgerFile ledger) {
    this.dynamoDb = dynamoDb;
    this.table = table;
    this.ledger = ledger;
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread t = new Thread(task, "lease-watch");
              t.setDaemon(true);
              return t;
            });
  }

  void start() {
    thread.scheduleWithFixedDelay(this::look, 0, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** The rows of leases as they were last seen, by shard; not to be modified. */
  SortedMap<String, LedgerLine.LeaseSeen> rows() {
    return rows;
  }

  /**
   * @throws IllegalStateException if a row was not understood, or the table not read
   */
  void failIfItFailed() {
    if (failure != null) {
      throw new IllegalStateException("The lease table could not be watched", failure);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  private void look() {
    try {
      SortedMap<String, LedgerLine.LeaseSeen> now = scan();
      StringBuilder lines = new StringBuilder();
      for (LedgerLine.LeaseSeen row : now.values()) {
        LedgerLine.LeaseSeen before = rows.get(row.shard());
        if (before == null || !same(before, row)) {
          lines.append(row.text());
        }
      }
      ledger.append(lines);
      rows = now;
    } catch (CompletionException e) {
      if (!(e.getCause() instanceof ResourceNotFoundException)) {
        failure = e;
      }
    } catch (IOException | RuntimeException e) {
      failure = e;
    }
  }

  private SortedMap<String, LedgerLine.LeaseSeen> scan() {
    SortedMap<String, LedgerLine.LeaseSeen> found = new TreeMap<>();
    Map<String, AttributeValue> from = null;
    do {
      Map<String, AttributeValue> start = from;
      ScanResponse page =
          dynamoDb
              .scan(s -> s.tableName(table).consistentRead(true).exclusiveStartKey(start))
              .join();
      long now = System.currentTimeMillis();
      for (Map<String, AttributeValue> row : page.items()) {
        String key = row.get("leaseKey").s();
        if (!key.startsWith("$")) {
          found.put(key, lease(now, key, row));
        }
      }
      from = page.hasLastEvaluatedKey() ? new HashMap<>(page.lastEvaluatedKey()) : null;
    } while (from != null && !from.isEmpty());
    return found;
  }

  private static LedgerLine.LeaseSeen lease(long now, String key, Map<String, AttributeValue> row) {
    String checkpoint = row.get("checkpoint").s();
    AttributeValue sub = row.get("checkpointSubSequenceNumber");
    AttributeValue owner = row.get("leaseOwner");
    boolean plain = sub == null || sub.n().equals("0") || !Character.isDigit(checkpoint.charAt(0));
    return new LedgerLine.LeaseSeen(
        now,
        key,
        Long.parseLong(row.get("leaseCounter").n()),
        owner == null ? LedgerLine.NONE : owner.s(),
        Position.parse(plain ? checkpoint : checkpoint + "/" + sub.n()));
  }

  private static boolean same(LedgerLine.LeaseSeen a, LedgerLine.LeaseSeen b) {
    return a.token() == b.token()
        && a.owner().equals(b.owner())
        && a.checkpoint().equals(b.checkpoint());
  }
}
