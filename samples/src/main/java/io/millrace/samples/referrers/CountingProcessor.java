package io.millrace.samples.referrers;

import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.IRecordProcessorCheckpointer;
import io.millrace.kcl.ProcessRecordsInput;
import io.millrace.kcl.Record;
import io.millrace.kcl.ShutdownException;
import io.millrace.kcl.ShutdownReason;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the visits of one shard. Every record is in the ledger before a checkpoint covers it, so
 * whatever the ledgers miss has really been lost.
 */
final class CountingProcessor implements IRecordProcessor {

  private static final Logger log = LoggerFactory.getLogger(CountingProcessor.class);

  /** How often a checkpoint is written: what comes again after a crash is at most this old. */
  private static final long CHECKPOINT_INTERVAL_MILLIS = 1_000;

  private final Ledger ledger;
  private final CountPersister persister;
  private final InstantSource clock;
  private final SlidingCounts counts = new SlidingCounts();
  private String shardId;
  private long nextCheckpointMillis;

  CountingProcessor(Ledger ledger, CountPersister persister, InstantSource clock) {
    this.ledger = ledger;
    this.persister = persister;
    this.clock = clock;
  }

  @Override
  public void initialize(String newShardId) throws IOException {
    shardId = newShardId;
    ledger.append(new LedgerLine.Start(clock.millis(), shardId).text());
    persister.add(shardId, counts);
    nextCheckpointMillis = clock.millis() + CHECKPOINT_INTERVAL_MILLIS;
  }

  @Override
  public void processRecords(ProcessRecordsInput input) throws Exception {
    counts.behind(input.getMillisBehindLatest());
    processRecords(input.getRecords(), input.getCheckpointer());
  }

  @Override
  public void processRecords(List<Record> records, IRecordProcessorCheckpointer checkpointer)
      throws Exception {
    long now = clock.millis();
    StringBuilder lines = new StringBuilder();
    for (Record record : records) {
      Visit visit;
      try {
        visit = Visit.fromJson(record.getDataBytes());
      } catch (IOException e) {
        log.warn("{} of shard {} is no visit, it is not counted", record, shardId, e);
        continue;
      }
      counts.count(visit, now);
      lines.append(
          new LedgerLine.Processed(
                  now, shardId, record.getSequenceNumber(), visit.writer(), visit.number())
              .text());
    }
    ledger.append(lines);
    if (now >= nextCheckpointMillis) {
      checkpoint(checkpointer);
      nextCheckpointMillis = now + CHECKPOINT_INTERVAL_MILLIS;
    }
  }

  @Override
  public void shutdown(IRecordProcessorCheckpointer checkpointer, ShutdownReason reason)
      throws Exception {
    persister.remove(shardId, counts);
    String why =
        switch (reason) {
          case TERMINATE -> LedgerLine.FINISHED;
          case REQUESTED -> "handed-over";
          case ZOMBIE -> "lost";
        };
    ledger.append(new LedgerLine.End(clock.millis(), shardId, why).text());
    if (reason != ShutdownReason.ZOMBIE) {
      checkpoint(checkpointer);
    }
  }

  private void checkpoint(IRecordProcessorCheckpointer checkpointer) throws Exception {
    try {
      checkpointer.checkpoint();
    } catch (ShutdownException e) {
      log.info("Shard {} belongs to another worker by now: {}", shardId, e.getMessage());
    }
  }
}
