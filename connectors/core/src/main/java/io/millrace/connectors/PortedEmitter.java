package io.millrace.connectors;

import io.millrace.connectors.sink.Outcome;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.RecordSink;
import io.millrace.connectors.sink.SinkException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** An emitter as a sink, for one shard. */
final class PortedEmitter<U> implements RecordSink<U> {

  static final String NAME = "emitter";

  private final IEmitter<U> emitter;
  private final IBuffer<?> limits;

  PortedEmitter(IEmitter<U> emitter, IBuffer<?> limits) {
    this.emitter = emitter;
    this.limits = limits;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String toString() {
    return emitter.getClass().getName();
  }

  @Override
  public CompletionStage<List<Outcome>> deliver(RecordRange<U> range) {
    BasicMemoryBuffer<U> buffer =
        new BasicMemoryBuffer<>(
            limits.getBytesToBuffer(),
            limits.getNumRecordsToBuffer(),
            limits.getMillisecondsToBuffer(),
            new ArrayList<>());
    for (RangeItem<U> item : range.items()) {
      buffer.consumeRecord(
          item.value(), item.record().getData().remaining(), item.record().getSequenceNumber());
    }
    List<U> again;
    try {
      again = emitter.emit(new UnmodifiableBuffer<>(buffer));
    } catch (IOException | RuntimeException e) {
      return CompletableFuture.failedFuture(
          SinkException.passing(
              emitter.getClass().getName() + ".emit threw, so all records come again: " + e, e));
    }
    return CompletableFuture.completedFuture(
        outcomes(range.items(), again == null ? List.of() : again));
  }

  private List<Outcome> outcomes(List<RangeItem<U>> items, List<U> again) {
    Outcome[] outcomes = new Outcome[items.size()];
    for (U value : again) {
      int index = indexOf(items, outcomes, value);
      if (index < 0) {
        throw new IllegalStateException(
            emitter.getClass().getName()
                + ".emit returned a record that was not in its buffer; it must return those that it was given");
      }
      outcomes[index] =
          Outcome.retry(
              new IOException(emitter.getClass().getName() + ".emit did not store the record"));
    }
    List<Outcome> all = new ArrayList<>();
    for (Outcome outcome : outcomes) {
      all.add(outcome == null ? Outcome.delivered() : outcome);
    }
    return all;
  }

  /** The very object, else an equal one. */
  private static <U> int indexOf(List<RangeItem<U>> items, Outcome[] outcomes, U value) {
    for (int i = 0; i < items.size(); i++) {
      if (outcomes[i] == null && isSame(items.get(i).value(), value)) {
        return i;
      }
    }
    for (int i = 0; i < items.size(); i++) {
      if (outcomes[i] == null && items.get(i).value().equals(value)) {
        return i;
      }
    }
    return -1;
  }

  @SuppressWarnings("ReferenceEquality") // an emitter returns what it was given
  private static boolean isSame(Object a, Object b) {
    return a == b;
  }

  @Override
  public void gaveUp(List<RangeItem<U>> items) {
    emitter.fail(items.stream().map(RangeItem::value).toList());
  }

  @Override
  public void close() {
    emitter.shutdown();
  }
}
