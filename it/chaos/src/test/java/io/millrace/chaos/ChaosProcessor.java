package io.millrace.chaos;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.IRecordProcessorCheckpointer;
import io.millrace.kcl.InitializationInput;
import io.millrace.kcl.Record;
import io.millrace.kcl.ShutdownException;
import io.millrace.kcl.ShutdownReason;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;

/**
 * Writes every record down before a checkpoint covers it, and checkpoints about twice a second:
 * what the ledgers miss has really been lost.
 */
final class ChaosProcessor implements IRecordProcessor {

  private static final long CHECKPOINT_INTERVAL_MILLIS = 500;

  private final LedgerFile ledger;
  private final int stint;
  private final Tokens tokens;
  private final InstantSource clock;
  private String last = "";
  private long nextCheckpointMillis;

  /** What token this process holds a shard under. */
  interface Tokens {
    long of(String shard);
  }

  ChaosProcessor(LedgerFile ledger, int stint, Tokens tokens, InstantSource clock) {
    this.ledger = ledger;
    this.stint = stint;
    this.tokens = tokens;
    this.clock = clock;
  }

  @Override
  public void initialize(InitializationInput input) throws IOException {
    Checkpoint resume = input.getCheckpoint();
    String text =
        resume.subSequenceNumber() == 0
            ? resume.text()
            : resume.text() + "/" + resume.subSequenceNumber();
    ledger.append(
        new LedgerLine.Start(
            clock.millis(),
            stint,
            input.getShardId(),
            tokens.of(input.getShardId()),
            Position.parse(text)));
    nextCheckpointMillis = clock.millis() + CHECKPOINT_INTERVAL_MILLIS;
  }

  @Override
  public void processRecords(List<Record> records, IRecordProcessorCheckpointer checkpointer)
      throws Exception {
    long now = clock.millis();
    StringBuilder lines = new StringBuilder();
    for (Record record : records) {
      last = record.getSequenceNumber();
      lines.append(
          new LedgerLine.Processed(
                  now,
                  stint,
                  last,
                  record.getApproximateArrivalTimestamp().toEpochMilli(),
                  LoadWriter.number(record.getDataBytes()))
              .text());
    }
    ledger.append(lines);
    if (now >= nextCheckpointMillis) {
      checkpoint(checkpointer, Position.at(last));
      nextCheckpointMillis = now + CHECKPOINT_INTERVAL_MILLIS;
    }
  }

  @Override
  public void shutdown(IRecordProcessorCheckpointer checkpointer, ShutdownReason reason)
      throws Exception {
    String why =
        switch (reason) {
          case TERMINATE -> "finished";
          case REQUESTED -> "handed-over";
          case ZOMBIE -> "lost";
        };
    ledger.append(new LedgerLine.End(clock.millis(), stint, why));
    if (reason == ShutdownReason.TERMINATE) {
      checkpoint(checkpointer, Position.END);
    } else if (reason == ShutdownReason.REQUESTED && !last.isEmpty()) {
      checkpoint(checkpointer, Position.at(last));
    }
  }

  private void checkpoint(IRecordProcessorCheckpointer checkpointer, Position position)
      throws Exception {
    try {
      checkpointer.checkpoint();
      ledger.append(new LedgerLine.Accepted(clock.millis(), stint, position));
    } catch (ShutdownException e) {
      ledger.append(new LedgerLine.Refused(clock.millis(), stint, position));
    }
  }
}
