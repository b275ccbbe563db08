package io.millrace.kclapp;

import com.amazonaws.services.kinesis.clientlibrary.exceptions.InvalidStateException;
import com.amazonaws.services.kinesis.clientlibrary.exceptions.ShutdownException;
import com.amazonaws.services.kinesis.clientlibrary.interfaces.IRecordProcessorCheckpointer;
import com.amazonaws.services.kinesis.clientlibrary.interfaces.v2.IRecordProcessor;
import com.amazonaws.services.kinesis.clientlibrary.interfaces.v2.IShutdownNotificationAware;
import com.amazonaws.services.kinesis.clientlibrary.lib.worker.ShutdownReason;
import com.amazonaws.services.kinesis.clientlibrary.types.InitializationInput;
import com.amazonaws.services.kinesis.clientlibrary.types.ProcessRecordsInput;
import com.amazonaws.services.kinesis.clientlibrary.types.ShutdownInput;
import com.amazonaws.services.kinesis.clientlibrary.types.UserRecord;
import com.amazonaws.services.kinesis.model.Record;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * Writes down what it is given and checkpoints after each batch, as the processor for versions 2
 * and 3 does; {@code halt} and {@code prepare} mean what they mean there, but a checkpoint that is
 * prepared has no state.
 */
final class OneProcessor implements IRecordProcessor, IShutdownNotificationAware {

  private final Ledger ledger;
  private final String halt;
  private final String prepare;
  private String shard;
  private boolean prepared;

  OneProcessor(Ledger ledger, Map<String, String> told) {
    this.ledger = ledger;
    this.halt = told.get("halt");
    this.prepare = told.get("prepare");
  }

  @Override
  public void initialize(InitializationInput input) {
    shard = input.getShardId();
    ledger.write(
        "init "
            + shard
            + " "
            + input.getExtendedSequenceNumber().getSequenceNumber()
            + " "
            + input.getExtendedSequenceNumber().getSubSequenceNumber()
            + " "
            + (input.getPendingCheckpointSequenceNumber() == null
                ? "-"
                : input.getPendingCheckpointSequenceNumber().getSequenceNumber()));
  }

  @Override
  public void processRecords(ProcessRecordsInput input) {
    try {
      UserRecord last = null;
      for (Record given : input.getRecords()) {
        UserRecord record = (UserRecord) given;
        last = record;
        String text = StandardCharsets.UTF_8.decode(record.getData().duplicate()).toString();
        ledger.write(
            "record "
                + shard
                + " "
                + record.getSequenceNumber()
                + " "
                + record.getSubSequenceNumber()
                + " "
                + text);
        if (text.equals(halt)) {
          checkpoint(input.getCheckpointer(), record);
          new CountDownLatch(1).await();
        }
        if (text.equals(prepare)) {
          prepared = true;
          input
              .getCheckpointer()
              .prepareCheckpoint(record.getSequenceNumber(), record.getSubSequenceNumber());
          ledger.write("prepared " + shard + " " + record.getSequenceNumber() + " " + text);
        }
      }
      if (last != null && !prepared) {
        checkpoint(input.getCheckpointer(), last);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ShutdownException | InvalidStateException e) {
      ledger.write("refused " + shard + " " + e.getClass().getSimpleName());
    }
  }

  private void checkpoint(IRecordProcessorCheckpointer checkpointer, UserRecord record)
      throws ShutdownException, InvalidStateException {
    checkpointer.checkpoint(record.getSequenceNumber(), record.getSubSequenceNumber());
    ledger.write(
        "checkpoint "
            + shard
            + " "
            + record.getSequenceNumber()
            + " "
            + record.getSubSequenceNumber());
  }

  @Override
  public void shutdown(ShutdownInput input) {
    if (input.getShutdownReason() != ShutdownReason.TERMINATE) {
      ledger.write("lost " + shard);
      return;
    }
    checkpointWhereItIs(input.getCheckpointer(), "ended ");
  }

  @Override
  public void shutdownRequested(IRecordProcessorCheckpointer checkpointer) {
    if (!prepared) {
      checkpointWhereItIs(checkpointer, "requested ");
    }
  }

  private void checkpointWhereItIs(IRecordProcessorCheckpointer checkpointer, String word) {
    try {
      checkpointer.checkpoint();
      ledger.write(word + shard);
    } catch (ShutdownException | InvalidStateException e) {
      ledger.write("refused " + shard + " " + e.getClass().getSimpleName());
    }
  }
}
