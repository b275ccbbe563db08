package io.millrace.connectors;

import io.millrace.connectors.pipeline.FlushTrigger;
import io.millrace.connectors.pipeline.RecordTransform;
import io.millrace.kcl.Record;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Transformer, filter and buffer of a pipeline, for one shard. */
final class PortedShard<T, U> implements RecordTransform<U>, FlushTrigger<U> {

  private final ITransformerBase<T, U> transformer;
  private final IFilter<T> filter;
  private final IBuffer<T> buffer;

  PortedShard(ITransformerBase<T, U> transformer, IFilter<T> filter, IBuffer<T> buffer) {
    this.transformer = transformer;
    this.filter = filter;
    this.buffer = buffer;
  }

  @Override
  public List<U> apply(Record record) throws IOException {
    List<T> kept = new ArrayList<>();
    List<U> values = new ArrayList<>();
    for (T value : read(record)) {
      if (filter.keepRecord(value)) {
        U stored = transformer.fromClass(value);
        if (stored == null) {
          throw new IOException(
              transformer.getClass().getName() + ".fromClass returned null for " + record);
        }
        kept.add(value);
        values.add(stored);
      }
    }
    int bytes = record.getData().remaining();
    for (T value : kept) {
      buffer.consumeRecord(value, bytes, record.getSequenceNumber());
      bytes = 0; // they share the payload
    }
    return values;
  }

  private Collection<T> read(Record record) throws IOException {
    if (transformer instanceof ICollectionTransformer<T, U> several) {
      Collection<T> values = several.toClass(record);
      return values == null ? List.of() : values;
    }
    T value = ((ITransformer<T, U>) transformer).toClass(record);
    return value == null ? List.of() : List.of(value);
  }

  @Override
  public boolean taken(U value, Record record) {
    return buffer.shouldFlush();
  }

  @Override
  public void flushed() {
    buffer.clear();
  }
}
