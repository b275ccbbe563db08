package io.millrace.lease.dynamodb;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.lease.Application;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseScan;
import io.millrace.lease.LeaseScan.UnreadableRow;
import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.SessionPage;
import io.millrace.lease.table.TableContents;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;
import software.amazon.awssdk.services.dynamodb.model.ScanResponse;

/**
 * What somebody does with a lease table by hand, while no worker runs: look at all of it, and take
 * our rows out. Every write is conditional on what was seen. Calls block; requests are retried by
 * the client, and what it cannot mend comes as a {@link LeaseStoreException}. Thread-safe; the
 * client belongs to the caller.
 */
public final class TableCare {

  private static final String PAGE_PREFIX = "$sessions/";
  private static final String NO_TYPE = "(no entityType)";

  private final DynamoDbAsyncClient client;
  private final String table;

  /**
   * @param table its name or ARN
   */
  public TableCare(DynamoDbAsyncClient client, String table) {
    this.client = Objects.requireNonNull(client, "client");
    this.table = Objects.requireNonNull(table, "table");
  }

  /** Reads every row, consistently. */
  public TableContents read() {
    Rows rows = new Rows();
    Map<String, AttributeValue> from = null;
    do {
      ScanRequest request =
          ScanRequest.builder()
              .tableName(table)
              .consistentRead(true)
              .exclusiveStartKey(from)
              .build();
      ScanResponse page = call("Scan", null, () -> client.scan(request).join());
      page.items().forEach(rows::add);
      from = page.hasLastEvaluatedKey() ? page.lastEvaluatedKey() : null;
    } while (from != null && !from.isEmpty());
    return rows.contents();
  }

  /** A table's rows, sorted into what they are. */
  private static final class Rows {
    private final List<Lease> leases = new ArrayList<>();
    private final List<UnreadableRow> unreadable = new ArrayList<>();
    private final List<SessionPage> pages = new ArrayList<>();
    private final SortedMap<String, Integer> others = new TreeMap<>();
    private final SortedSet<String> attributes = new TreeSet<>();
    private Optional<Application> application = Optional.empty();

    void add(Map<String, AttributeValue> item) {
      AttributeValue keyValue = item.get(LeaseItems.KEY);
      String key = keyValue == null || keyValue.s() == null ? "" + keyValue : keyValue.s();
      try {
        if (LeaseItems.isLease(item)) {
          attributes.addAll(item.keySet());
          leases.add(LeaseItems.read(item));
        } else if (key.equals(PageItems.APPLICATION_KEY)) {
          application = Optional.of(PageItems.readApplication(item));
        } else if (key.startsWith(PAGE_PREFIX)) {
          pages.add(
              PageItems.readPage(Integer.parseInt(key.substring(PAGE_PREFIX.length())), item));
        } else {
          AttributeValue type = item.get(LeaseItems.ENTITY_TYPE);
          others.merge(type == null || type.s() == null ? NO_TYPE : type.s(), 1, Integer::sum);
        }
      } catch (UnreadableRowException | NumberFormatException e) {
        unreadable.add(new UnreadableRow(key, String.valueOf(e.getMessage())));
      }
    }

    TableContents contents() {
      leases.sort(Comparator.comparing(Lease::key));
      unreadable.sort(Comparator.comparing(UnreadableRow::key));
      pages.sort(Comparator.comparingInt(SessionPage::number));
      return new TableContents(
          new LeaseScan(leases, unreadable), application, pages, others, attributes);
    }
  }

  /**
   * Makes nobody a lease's owner or heir, as a worker does that gives it away.
   *
   * @return whether the row was still as seen
   */
  public boolean release(Lease seen) {
    Update update = Update.of(seen.key().value());
    if (seen.owner() == null) {
      update.whenAbsent(LeaseItems.OWNER);
    } else {
      update.whenEqual(LeaseItems.OWNER, Update.text(seen.owner()));
    }
    return write(
        update
            .whenEqual(LeaseItems.COUNTER, Update.number(seen.counter()))
            .set(LeaseItems.COUNTER, Update.number(seen.counter() + 1))
            .remove(LeaseItems.OWNER, LeaseItems.HEIR));
  }

  /**
   * Removes a pending checkpoint.
   *
   * @return whether it still was the one seen
   */
  public boolean dropPending(Lease seen) {
    Checkpoint pending = seen.pending().checkpoint();
    return write(
        Update.of(seen.key().value())
            .whenEqual(LeaseItems.PENDING, Update.text(pending.text()))
            .remove(LeaseItems.PENDING, LeaseItems.PENDING_SUB_SEQUENCE, LeaseItems.PENDING_STATE));
  }

  /**
   * Deletes a page of sessions.
   *
   * @return whether it is gone; false if somebody has written to it since
   */
  public boolean delete(SessionPage seen) {
    return delete(
        PageItems.pageKey(seen.number()),
        "attribute_not_exists(#k) OR #v = :v",
        Map.of("#k", LeaseItems.KEY, "#v", PageItems.VERSION),
        Map.of(":v", Update.number(seen.version())));
  }

  /** Deletes the row that says which stream the table belongs to. */
  public void deleteApplication() {
    delete(PageItems.APPLICATION_KEY, null, null, null);
  }

  private boolean write(Update update) {
    return unlessRefused(
        "UpdateItem", update.key(), () -> client.updateItem(update.request(table).build()).join());
  }

  private boolean delete(
      String key, String condition, Map<String, String> names, Map<String, AttributeValue> values) {
    DeleteItemRequest request =
        DeleteItemRequest.builder()
            .tableName(table)
            .key(Map.of(LeaseItems.KEY, Update.text(key)))
            .conditionExpression(condition)
            .expressionAttributeNames(names)
            .expressionAttributeValues(values)
            .build();
    return unlessRefused("DeleteItem", key, () -> client.deleteItem(request).join());
  }

  private boolean unlessRefused(String operation, String row, Runnable request) {
    try {
      request.run();
      return true;
    } catch (RuntimeException e) {
      Throwable cause = Failures.unwrap(e);
      if (cause instanceof ConditionalCheckFailedException) {
        return false;
      }
      throw Failures.translate(cause, operation, table, row);
    }
  }

  private <T> T call(String operation, String row, Supplier<T> request) {
    try {
      return request.get();
    } catch (RuntimeException e) {
      throw Failures.translate(Failures.unwrap(e), operation, table, row);
    }
  }
}
