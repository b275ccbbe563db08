package io.millrace.kclapp;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/**
 * Writes down what it is given, and checkpoints after each batch; what it needs to be told
 * differently comes in the arguments:
 *
 * <ul>
 *   <li>{@code halt}: a text; at the record with that text it checkpoints (sequence and sub-sequence
 *       number), and then stands still, for ever
 *   <li>{@code prepare}: a text; at the record with that text it prepares a checkpoint with some
 *       state, without committing it, and goes on without checkpoints
 * </ul>
 */
final class Processor implements ShardRecordProcessor {

  private final Ledger ledger;
  private final String halt;
  private final String prepare;
  private String shard;
  private boolean prepared;

  Processor(Ledger ledger, Map<String, String> told) {
    this.ledger = ledger;
    this.halt = told.get("halt");
    this.prepare = told.get("prepare");
  }

  @Override
  public void initialize(InitializationInput input) {
    shard = input.shardId();
    ledger.write(
        "init "
            + shard
            + " "
            + input.extendedSequenceNumber().sequenceNumber()
            + " "
            + input.extendedSequenceNumber().subSequenceNumber()
            + " "
            + (input.pendingCheckpointSequenceNumber() == null
                ? "-"
                : input.pendingCheckpointSequenceNumber().sequenceNumber()));
  }

  @Override
  public void processRecords(ProcessRecordsInput input) {
    try {
      for (KinesisClientRecord record : input.records()) {
        String text = StandardCharsets.UTF_8.decode(record.data().duplicate()).toString();
        ledger.write(
            "record "
                + shard
                + " "
                + record.sequenceNumber()
                + " "
                + record.subSequenceNumber()
                + " "
                + text);
        if (text.equals(halt)) {
          checkpoint(input.checkpointer(), record);
          new CountDownLatch(1).await();
        }
        if (text.equals(prepare)) {
          prepared = true;
          input
              .checkpointer()
              .prepareCheckpoint(
                  record.sequenceNumber(),
                  record.subSequenceNumber(),
                  "state of the processor".getBytes(StandardCharsets.UTF_8));
          ledger.write("prepared " + shard + " " + record.sequenceNumber() + " " + text);
        }
      }
      if (!input.records().isEmpty() && !prepared) {
        checkpoint(input.checkpointer(), input.records().get(input.records().size() - 1));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ShutdownException | InvalidStateException e) {
      ledger.write("refused " + shard + " " + e.getClass().getSimpleName());
    }
  }

  private void checkpoint(RecordProcessorCheckpointer checkpointer, KinesisClientRecord record)
      throws ShutdownException, InvalidStateException {
    checkpointer.checkpoint(record.sequenceNumber(), record.subSequenceNumber());
    ledger.write(
        "checkpoint " + shard + " " + record.sequenceNumber() + " " + record.subSequenceNumber());
  }

  @Override
  public void leaseLost(LeaseLostInput input) {
    ledger.write("lost " + shard);
  }

  @Override
  public void shardEnded(ShardEndedInput input) {
    try {
      input.checkpointer().checkpoint();
      ledger.write("ended " + shard);
    } catch (ShutdownException | InvalidStateException e) {
      ledger.write("refused " + shard + " " + e.getClass().getSimpleName());
    }
  }

  @Override
  public void shutdownRequested(ShutdownRequestedInput input) {
    if (prepared) {
      return;
    }
    try {
      input.checkpointer().checkpoint();
      ledger.write("requested " + shard);
    } catch (ShutdownException | InvalidStateException e) {
      ledger.write("refused " + shard + " " + e.getClass().getSimpleName());
    }
  }
}
