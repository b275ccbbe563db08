package io.millrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.kcl.engine.ShardCheckpointer.LeaseLostException;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.PendingCheckpoint;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class BlockingCheckpointerTest {

  private static final byte[] STATE = {1, 2, 3};

  private final FakeShardCheckpointer engine = new FakeShardCheckpointer(at(30, 2));
  private final BlockingCheckpointer checkpointer =
      new BlockingCheckpointer(LeaseKey.of("shardId-000000000007"), engine);

  private static Checkpoint at(long sequenceNumber, long subSequenceNumber) {
    return Checkpoint.at(SequenceNumber.of(Long.toString(sequenceNumber)), subSequenceNumber);
  }

  private static Record record(long sequenceNumber, long subSequenceNumber) {
    return Record.builder()
        .partitionKey("key")
        .sequenceNumber(Long.toString(sequenceNumber))
        .subSequenceNumber(subSequenceNumber)
        .build();
  }

  private void answer(Throwable failure) {
    engine.answer = CompletableFuture.failedFuture(failure);
  }

  @Test
  void the_forms_of_checkpoint_name_batch_record_sequence_and_sub_sequence() throws Exception {
    checkpointer.checkpoint();
    checkpointer.checkpoint(record(10, 4));
    checkpointer.checkpoint("11");
    checkpointer.checkpoint("12", 5);
    assertThat(engine.checkpoints).containsExactly(at(30, 2), at(10, 4), at(11, 0), at(12, 5));
  }

  @Test
  void the_forms_of_prepareCheckpoint_name_the_same_with_and_without_state() throws Exception {
    checkpointer.prepareCheckpoint();
    checkpointer.prepareCheckpoint(STATE);
    checkpointer.prepareCheckpoint(record(10, 4));
    checkpointer.prepareCheckpoint(record(10, 4), STATE);
    checkpointer.prepareCheckpoint("11");
    checkpointer.prepareCheckpoint("11", STATE);
    checkpointer.prepareCheckpoint("12", 5);
    checkpointer.prepareCheckpoint("12", 5, STATE);
    assertThat(engine.prepared)
        .containsExactly(
            new PendingCheckpoint(at(30, 2), null),
            new PendingCheckpoint(at(30, 2), STATE),
            new PendingCheckpoint(at(10, 4), null),
            new PendingCheckpoint(at(10, 4), STATE),
            new PendingCheckpoint(at(11, 0), null),
            new PendingCheckpoint(at(11, 0), STATE),
            new PendingCheckpoint(at(12, 5), null),
            new PendingCheckpoint(at(12, 5), STATE));
    assertThat(engine.checkpoints).isEmpty();
  }

  @Test
  void a_prepared_checkpoint_commits_the_position_it_was_prepared_for() throws Exception {
    IPreparedCheckpointer prepared = checkpointer.prepareCheckpoint("11", STATE);
    assertThat(prepared.getPendingCheckpoint()).isEqualTo(at(11, 0));
    prepared.checkpoint();
    assertThat(engine.checkpoints).containsExactly(at(11, 0));
  }

  @Test
  void before_anything_was_delivered_an_unqualified_checkpoint_moves_nothing() throws Exception {
    FakeShardCheckpointer fresh = new FakeShardCheckpointer(Checkpoint.AT_TIMESTAMP);
    new BlockingCheckpointer(LeaseKey.of("shardId-000000000007"), fresh).checkpoint();
    assertThat(fresh.checkpoints).isEmpty();
  }

  @Test
  void a_lost_lease_is_a_ShutdownException_that_names_shard_and_position() {
    answer(new LeaseLostException("worker-b holds it"));
    assertThatThrownBy(checkpointer::checkpoint)
        .isInstanceOf(ShutdownException.class)
        .hasMessageContaining("shardId-000000000007")
        .hasMessageContaining("30/2")
        .hasMessageContaining("worker-b holds it");
  }

  @Test
  void a_position_that_was_not_delivered_stays_an_IllegalArgumentException() {
    answer(new CompletionException(new IllegalArgumentException("99 was not delivered")));
    assertThatThrownBy(() -> checkpointer.checkpoint("99"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("99 was not delivered");
  }

  @Test
  void text_that_is_no_sequence_number_is_an_IllegalArgumentException() {
    assertThatThrownBy(() -> checkpointer.checkpoint("SHARD_END"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> checkpointer.checkpoint("12", -1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(engine.checkpoints).isEmpty();
  }

  @Test
  void a_missing_table_is_an_InvalidStateException() {
    answer(new LeaseStoreException(LeaseStoreException.Kind.TABLE_MISSING, "no table", null));
    assertThatThrownBy(checkpointer::checkpoint)
        .isInstanceOf(InvalidStateException.class)
        .hasMessageContaining("no table");
  }

  @Test
  void an_outcome_that_nobody_knows_may_be_repeated() {
    answer(new LeaseStoreException(LeaseStoreException.Kind.NO_ANSWER, "timed out", null));
    assertThatThrownBy(checkpointer::checkpoint)
        .isInstanceOf(KinesisClientLibDependencyException.class)
        .isInstanceOf(KinesisClientLibRetryableException.class);
  }

  @Test
  void an_interrupt_ends_the_wait_and_is_not_swallowed() {
    engine.answer = new CompletableFuture<>();
    Thread.currentThread().interrupt();
    assertThatThrownBy(checkpointer::checkpoint)
        .isInstanceOf(KinesisClientLibDependencyException.class)
        .hasMessageContaining("interrupted");
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void whether_the_lease_is_held_is_asked_each_time() {
    assertThat(checkpointer.isLeaseHeld()).isTrue();
    engine.held = false;
    assertThat(checkpointer.isLeaseHeld()).isFalse();
  }
}
