package io.millrace.lease.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.Application;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseScan;
import io.millrace.lease.LeaseScan.UnreadableRow;
import io.millrace.lease.LeaseStore;
import io.millrace.lease.LeaseStoreContract;
import io.millrace.lease.LeaseStoreException.Kind;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class MemoryLeaseStoreTest extends LeaseStoreContract {

  private final MemoryLeaseStore store = new MemoryLeaseStore();

  @Override
  protected LeaseStore emptyStore() {
    return store;
  }

  @Test
  void every_stage_is_complete_when_the_call_returns() {
    assertThat(store.createPage(0).toCompletableFuture()).isCompleted();
    assertThat(store.scan().toCompletableFuture()).isCompleted();
    assertThat(store.markInitialised().toCompletableFuture()).isCompletedExceptionally();
  }

  @Test
  void after_the_table_was_dropped_every_operation_says_that_it_is_missing() {
    store.dropTable();

    assertFailsWith(Kind.TABLE_MISSING, store.scan());
    assertFailsWith(Kind.TABLE_MISSING, store.createPage(0));
    assertFailsWith(Kind.TABLE_MISSING, store.beat(session(ALICE, 1)));
    assertFailsWith(Kind.TABLE_MISSING, store.create(unowned("a")));
  }

  @Test
  void an_unreadable_row_is_reported_by_a_scan_and_fails_every_operation_on_it() {
    Lease good = unowned("good");
    store.putLease(good);
    store.putLease(unowned(KEY.value()));
    store.putUnreadable(KEY, "attribute 'leaseCounter' is missing");

    assertThat(await(store.scan()))
        .isEqualTo(
            new LeaseScan(
                List.of(good),
                List.of(new UnreadableRow(KEY.value(), "attribute 'leaseCounter' is missing"))));
    assertFailsWith(Kind.INVALID, store.readLease(KEY));
    assertFailsWith(Kind.INVALID, store.claim(unowned(KEY.value()), ALICE, OptionalLong.empty()));

    store.putLease(unowned(KEY.value()));
    assertThat(await(store.readLease(KEY))).isPresent();
  }

  @Test
  void rows_can_be_removed_from_under_a_worker() {
    store.putLease(unowned(KEY.value()));
    await(store.createApplication(new Application("arn", 1, "LATEST", 2L, false)));
    await(store.createPage(0));

    store.removeLease(KEY);
    store.removeSessionsAndApplication();

    assertThat(await(store.readLease(KEY))).isEmpty();
    assertThat(await(store.readApplication())).isEmpty();
    assertThat(await(store.readPage(0))).isEmpty();
  }
}
