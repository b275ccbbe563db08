package io.millrace.it;

import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.IRecordProcessorCheckpointer;
import io.millrace.kcl.Record;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What all processors of a test saw. */
public final class Seen {
  public final ConcurrentLinkedQueue<String> deliveries = new ConcurrentLinkedQueue<>();
  public final Map<String, Set<String>> byWorker = new ConcurrentHashMap<>();
  public final Set<String> shards = ConcurrentHashMap.newKeySet();

  /** A processor that writes down and checkpoints. */
  public IRecordProcessor processor(String worker) {
    return new IRecordProcessor() {
      private String shard;

      @Override
      public void initialize(String shardId) {
        shard = shardId;
        shards.add(shardId);
      }

      @Override
      public void processRecords(List<Record> records, IRecordProcessorCheckpointer checkpointer)
          throws Exception {
        for (Record record : records) {
          String text = StandardCharsets.UTF_8.decode(record.getData()).toString();
          deliveries.add(text);
          byWorker.computeIfAbsent(worker, w -> ConcurrentHashMap.newKeySet()).add(shard);
        }
        checkpointer.checkpoint();
      }
    };
  }

  public Set<String> texts() {
    return Set.copyOf(deliveries);
  }
}
