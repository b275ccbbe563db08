package io.millrace.connectors.pipeline;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A pipeline's meters, from the stream to the sink; {@code docs/metrics.md} explains each. All
 * carry the tags {@code stream} and {@code sink}, the sink's short name. Any thread.
 */
final class PipelineMeters implements AutoCloseable {

  private final MeterRegistry registry;
  private final Tags tags;
  private final Counter in;
  private final Counter bytesIn;
  private final Counter filtered;
  private final Counter emitted;
  private final Counter bytesOut;
  private final Counter duplicates;
  private final Counter retried;
  private final Counter dead;
  private final Counter failures;
  private final Counter ranges;
  private final Timer emitTime;
  private final Gauge[] gauges;
  private final AtomicLong buffered = new AtomicLong();
  private final AtomicLong newestStored = new AtomicLong();

  /** Shards that hold something: when the oldest record of each arrived. */
  private final Set<OldestRecord> shards = ConcurrentHashMap.newKeySet();

  /** Of one shard. */
  interface OldestRecord {
    /** When it arrived, in epoch milliseconds; empty if nothing is held. Any thread. */
    Optional<Long> arrivalMillis();
  }

  PipelineMeters(
      MeterRegistry registry, String stream, String sink, BufferBudget budget, LongSupplier wall) {
    this.registry = registry;
    this.tags = Tags.of("stream", stream, "sink", sink);
    in = counter("records.in", "records");
    bytesIn = counter("bytes.in", "bytes");
    filtered = counter("records.filtered", "records");
    emitted = counter("items.emitted", "items");
    bytesOut = counter("bytes.out", "bytes");
    duplicates = counter("items.duplicate", "items");
    retried = counter("items.retried", "items");
    dead = counter("records.dead", "records");
    failures = counter("emit.failures", "calls");
    ranges = counter("ranges", "ranges");
    emitTime = Timer.builder("millrace.connector.emit.time").tags(tags).register(registry);
    gauges =
        new Gauge[] {
          gauge("items.buffered", "items", buffered::get),
          gauge("buffer.bytes", "bytes", budget::usedBytes),
          gauge("oldest.age", "milliseconds", () -> oldestAge(wall.getAsLong())),
          gauge(
              "freshness",
              "milliseconds",
              () -> {
                long newest = newestStored.get();
                return newest == 0 ? 0 : Math.max(0, wall.getAsLong() - newest);
              })
        };
  }

  private Counter counter(String name, String unit) {
    return Counter.builder("millrace.connector." + name)
        .tags(tags)
        .baseUnit(unit)
        .register(registry);
  }

  private Gauge gauge(String name, String unit, LongSupplier value) {
    return Gauge.builder("millrace.connector." + name, value, LongSupplier::getAsLong)
        .tags(tags)
        .baseUnit(unit)
        .strongReference(true)
        .register(registry);
  }

  private long oldestAge(long wallMillis) {
    return shards.stream()
        .map(OldestRecord::arrivalMillis)
        .flatMap(Optional::stream)
        .mapToLong(arrival -> Math.max(0, wallMillis - arrival))
        .max()
        .orElse(0);
  }

  void shardBegins(OldestRecord shard) {
    shards.add(shard);
  }

  void shardEnds(OldestRecord shard) {
    shards.remove(shard);
  }

  void taken(int bytes, int items, boolean isFiltered) {
    in.increment();
    bytesIn.increment(bytes);
    buffered.addAndGet(items);
    if (isFiltered) {
      filtered.increment();
    }
  }

  void tookTime(long millis) {
    emitTime.record(millis, TimeUnit.MILLISECONDS);
  }

  void emitFailed() {
    failures.increment();
  }

  void committed(int items, long bytes, boolean byUs) {
    ranges.increment();
    (byUs ? emitted : duplicates).increment(items);
    bytesOut.increment(bytes);
  }

  void delivered(Emission.Tally<?> tally, long bytes) {
    emitted.increment(tally.delivered());
    duplicates.increment(tally.duplicates());
    retried.increment(tally.retried());
    bytesOut.increment(bytes);
  }

  void died(int records) {
    dead.increment(records);
  }

  /** Items left the buffer for good. */
  void unbuffered(int items) {
    buffered.addAndGet(-items);
  }

  /** Everything of a shard up to a record that arrived then is settled. */
  void storedUpTo(long arrivalMillis) {
    newestStored.accumulateAndGet(arrivalMillis, Math::max);
  }

  @Override
  public void close() {
    for (Gauge gauge : gauges) {
      registry.remove(gauge);
    }
  }
}
