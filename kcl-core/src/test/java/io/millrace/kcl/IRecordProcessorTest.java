package io.millrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.lease.LeaseKey;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class IRecordProcessorTest {

  private final FakeShardCheckpointer engine = new FakeShardCheckpointer(Checkpoint.SHARD_END);
  private final IRecordProcessorCheckpointer checkpointer =
      new BlockingCheckpointer(LeaseKey.of("shardId-000000000001"), engine);

  /** Overrides the simple forms only. */
  private static final class Simple implements IRecordProcessor {
    final List<String> calls = new ArrayList<>();

    @Override
    public void initialize(String shardId) {
      calls.add("initialize " + shardId);
    }

    @Override
    public void processRecords(List<Record> records, IRecordProcessorCheckpointer checkpointer) {
      calls.add("processRecords " + records.size());
    }

    @Override
    public void shutdown(IRecordProcessorCheckpointer checkpointer, ShutdownReason reason) {
      calls.add("shutdown " + reason);
    }
  }

  @Test
  void the_only_abstract_method_is_processRecords_with_a_list() {
    assertThat(IRecordProcessor.class.getMethods())
        .filteredOn(method -> Modifier.isAbstract(method.getModifiers()))
        .singleElement()
        .satisfies(
            (Method method) -> {
              assertThat(method.getName()).isEqualTo("processRecords");
              assertThat(Arrays.asList(method.getParameterTypes()))
                  .containsExactly(List.class, IRecordProcessorCheckpointer.class);
            });
  }

  @Test
  void every_rich_form_ends_in_a_simple_one() throws Exception {
    Simple processor = new Simple();
    processor.initialize(new InitializationInput("shard-x", Checkpoint.LATEST, null, null));
    processor.processRecords(ProcessRecordsInput.builder().checkpointer(checkpointer).build());
    processor.shardEnded(checkpointer);
    processor.shutdownRequested(checkpointer);
    processor.leaseLost(checkpointer);
    processor.leaseEnding();
    assertThat(processor.calls)
        .containsExactly(
            "initialize shard-x",
            "processRecords 0",
            "shutdown TERMINATE",
            "shutdown REQUESTED",
            "shutdown ZOMBIE");
  }

  @Test
  void a_processor_that_does_not_override_shutdown_checkpoints_the_end_of_its_shard()
      throws Exception {
    IRecordProcessor processor = (records, ignored) -> {};
    processor.shardEnded(checkpointer);
    assertThat(engine.checkpoints).containsExactly(Checkpoint.SHARD_END);
  }

  @Test
  void it_checkpoints_nothing_when_the_lease_goes_elsewhere() throws Exception {
    IRecordProcessor processor = (records, ignored) -> {};
    processor.shutdownRequested(checkpointer);
    processor.leaseLost(checkpointer);
    assertThat(engine.checkpoints).isEmpty();
  }
}
