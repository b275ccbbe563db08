package io.millrace.samples.referrers;

import io.millrace.lease.Lease;
import io.millrace.lease.LeaseStore;
import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.Session;
import io.millrace.lease.SessionPage;
import io.millrace.lease.dynamodb.DynamoDbLeaseStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** Looks at a lease table from outside, for those who watch; writes nothing. */
final class FleetTable {

  static final String NOBODY = "nobody";

  /** As many as workers of a demo, or more. */
  private static final int MAX_PAGES = 64;

  /**
   * What the table says; nothing of it if there is no table yet.
   *
   * @param sessions of live workers, and of dead ones that nobody has noticed yet
   */
  record Rows(List<Lease> leases, List<Session> sessions) {

    static final Rows NONE = new Rows(List.of(), List.of());
  }

  private final LeaseStore store;

  FleetTable(DynamoDbAsyncClient dynamoDb, String table) {
    this.store = DynamoDbLeaseStore.builder(dynamoDb, table).build();
  }

  /** Every lease and every session. */
  Rows read() {
    try {
      List<Session> sessions = new ArrayList<>();
      int pages = 1;
      for (int i = 0; i < pages; i++) {
        Optional<SessionPage> page = join(store.readPage(i));
        page.ifPresent(p -> sessions.addAll(p.sessions().values()));
        if (i == 0) {
          pages = Math.min(MAX_PAGES, page.map(SessionPage::pageCount).orElse(1));
        }
      }
      return new Rows(join(store.scan()).leases(), sessions);
    } catch (LeaseStoreException e) {
      if (e.kind() == LeaseStoreException.Kind.TABLE_MISSING) {
        return Rows.NONE;
      }
      throw e;
    }
  }

  /** How many unfinished leases each worker holds. */
  SortedMap<String, Integer> leasesByWorker() {
    SortedMap<String, Integer> leases = new TreeMap<>();
    read().leases().stream()
        .filter(lease -> !lease.isFinished())
        .forEach(lease -> leases.merge(owner(lease).orElse(NOBODY), 1, Integer::sum));
    return leases;
  }

  /** The unfinished leases of a worker, with their tokens. */
  List<Happening.HeldBefore> heldBy(String worker) {
    return read().leases().stream()
        .filter(lease -> !lease.isFinished() && owner(lease).filter(worker::equals).isPresent())
        .map(lease -> new Happening.HeldBefore(lease.key().value(), lease.counter()))
        .toList();
  }

  /** The name of the worker that holds a lease. */
  static Optional<String> owner(Lease lease) {
    return lease.owner() == null
        ? Optional.empty()
        : Optional.of(lease.ownerSession().map(s -> s.workerId()).orElse(lease.owner()));
  }

  private static <T> T join(CompletionStage<T> answer) {
    try {
      return answer.toCompletableFuture().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }
}
