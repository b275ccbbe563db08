package io.millrace.bench;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.pipeline.ConnectorProcessorFactory;
import io.millrace.connectors.sink.Commit;
import io.millrace.connectors.sink.RangeSink;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.InitializationInput;
import io.millrace.kcl.Record;
import io.millrace.kcl.ShutdownException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * 64 shards whose records come as fast as they are taken, and a sink that is down: how much memory
 * do the buffers take up, beside the configured cap? The heap is what is left of it after a garbage
 * collection, less what it was before the first record. Then the sink comes back, and everything
 * that was taken in is stored.
 */
public final class OutageBench {

  private static final int SHARDS = 64;

  /**
   * What a shard has been given and not taken in yet is the prefetch budget's, so it is kept small.
   */
  private static final int BATCH_BYTES = 8 << 10;

  private static final long CAP_BYTES = 128L << 20;
  private static final int DEFAULT_SECONDS = 300;
  private static final int SAMPLE_SECONDS = 10;

  private OutageBench() {}

  public static void main(String[] args) throws InterruptedException {
    int seconds = args.length > 0 ? Integer.parseInt(args[0]) : DEFAULT_SECONDS;
    for (int recordBytes : new int[] {200, 1_000, 20_000}) {
      run(recordBytes, Math.max(SAMPLE_SECONDS, seconds / 3));
    }
  }

  private static void run(int recordBytes, int seconds) throws InterruptedException {
    Down sink = new Down();
    long before = heapBytes();
    try (ConnectorProcessorFactory<Message> factory =
        ConnectorProcessorFactory.<Message>builder(
                "bench", sink, record -> List.of(Message.of(record)))
            .weigher(Message::weight)
            .bufferItems(20_000)
            .bufferBytes(8 << 20)
            .bufferAge(Duration.ofSeconds(60))
            .maxBufferedBytes(CAP_BYTES)
            .skipBadRecords()
            .build()) {
      List<Shard> shards = new ArrayList<>();
      for (int i = 0; i < SHARDS; i++) {
        Shard shard = new Shard(factory.createProcessor(), i, recordBytes);
        shards.add(shard);
        shard.thread.start();
      }
      long mostHeap = 0;
      long mostCounted = 0;
      for (int passed = 0; passed < seconds; passed += SAMPLE_SECONDS) {
        TimeUnit.SECONDS.sleep(SAMPLE_SECONDS);
        mostHeap = Math.max(mostHeap, heapBytes() - before);
        mostCounted = Math.max(mostCounted, factory.bufferedBytes());
      }
      long taken = shards.stream().mapToLong(s -> s.taken).sum();
      System.out.printf(
          Locale.ROOT,
          "records of %,6d bytes, sink down for %d s, %d calls refused: cap %d MiB, counted %.1f MiB, heap %.1f MiB,"
              + " heap/cap %.2f; %,d records taken in%n",
          recordBytes,
          seconds,
          sink.refused.get(),
          CAP_BYTES >> 20,
          mostCounted / 1048576.0,
          mostHeap / 1048576.0,
          (double) mostHeap / CAP_BYTES,
          taken);
      sink.isBack = true;
      shards.forEach(Shard::stop);
      for (Shard shard : shards) {
        shard.thread.join();
      }
      long inAll = shards.stream().mapToLong(s -> s.taken).sum();
      System.out.printf(
          Locale.ROOT, "  back again: %,d taken in, %,d stored%n", inAll, sink.stored.get());
      if (sink.stored.get() != inAll) {
        throw new IllegalStateException("Not everything was stored");
      }
    }
  }

  private static long heapBytes() {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    System.gc();
    return memory.getHeapMemoryUsage().getUsed();
  }

  /** One shard: a stream without an end, and a lease that nobody takes. */
  private static final class Shard implements Runnable {
    private final IRecordProcessor processor;
    private final int number;
    private final byte[] payload;
    private final FreeLease lease = new FreeLease();
    private final Thread thread;
    private volatile boolean stopped;
    private volatile long taken;

    Shard(IRecordProcessor processor, int number, int recordBytes) {
      this.processor = processor;
      this.number = number;
      this.payload = new byte[recordBytes];
      this.thread = new Thread(this, "shard-" + number);
    }

    void stop() {
      stopped = true;
    }

    @Override
    public void run() {
      try {
        processor.initialize(
            new InitializationInput("shard-" + number, Checkpoint.TRIM_HORIZON, null, null));
        // as long as real ones
        String prefix = "49590338271490256608559692538361571095921575989136";
        for (long sequence = 100_000; !stopped; ) {
          List<Record> batch = new ArrayList<>();
          for (int bytes = 0; bytes < BATCH_BYTES; bytes += payload.length) {
            batch.add(
                Record.builder()
                    .partitionKey("user-" + sequence)
                    .sequenceNumber(prefix + sequence++)
                    .approximateArrivalTimestamp(Instant.EPOCH)
                    .data(payload)
                    .build());
          }
          processor.processRecords(batch, lease);
          taken += batch.size();
        }
        processor.shardEnded(lease);
      } catch (ShutdownException e) {
        throw new IllegalStateException(e);
      } catch (Exception e) {
        throw new IllegalStateException("Shard " + number, e);
      }
    }
  }

  /** Refuses everything until it is back. */
  private static final class Down implements RangeSink<Message> {
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong stored = new AtomicLong();
    private volatile boolean isBack;

    @Override
    public String name() {
      return "down";
    }

    @Override
    public String nameFor(RangeStart start) {
      return "";
    }

    @Override
    public CompletionStage<Commit> commit(RecordRange<Message> range) {
      if (isBack) {
        stored.addAndGet(range.items().size());
        return CompletableFuture.completedFuture(
            new Commit(range.end(), range.exclusions(), true, range.bytes()));
      }
      refused.incrementAndGet();
      return CompletableFuture.failedFuture(SinkException.passing("it is down", null));
    }
  }
}
