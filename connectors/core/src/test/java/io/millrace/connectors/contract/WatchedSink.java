package io.millrace.connectors.contract;

import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Commit;
import io.millrace.connectors.sink.Outcome;
import io.millrace.connectors.sink.RangeSink;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.RecordSink;
import io.millrace.connectors.sink.Sink;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/** The real sink, with something between it and the pipeline. */
final class WatchedSink {

  /** Stands between. Gets the real call, and gives an answer. */
  interface Between {
    <R> CompletionStage<R> call(Supplier<CompletionStage<R>> real);
  }

  private WatchedSink() {}

  static Sink<Message> of(Sink<Message> real, Between between) {
    if (real instanceof RangeSink<Message> ranges) {
      return new RangeSink<>() {
        @Override
        public String name() {
          return ranges.name();
        }

        @Override
        public String toString() {
          return ranges.toString();
        }

        @Override
        public String nameFor(RangeStart start) {
          return ranges.nameFor(start);
        }

        @Override
        public CompletionStage<Commit> commit(RecordRange<Message> range) {
          return between.call(() -> ranges.commit(range));
        }
      };
    }
    RecordSink<Message> records = (RecordSink<Message>) real;
    return new RecordSink<>() {
      @Override
      public String name() {
        return records.name();
      }

      @Override
      public String toString() {
        return records.toString();
      }

      @Override
      public CompletionStage<List<Outcome>> deliver(RecordRange<Message> range) {
        return between.call(() -> records.deliver(range));
      }
    };
  }

  /** Looks at every call, before and after. */
  static Between watching(Runnable before, Runnable after) {
    return new Between() {
      @Override
      public <R> CompletionStage<R> call(Supplier<CompletionStage<R>> real) {
        before.run();
        return real.get()
            .thenApply(
                Function.<R>identity()
                    .andThen(
                        answer -> {
                          after.run();
                          return answer;
                        }));
      }
    };
  }
}
