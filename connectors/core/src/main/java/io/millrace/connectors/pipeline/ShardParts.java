package io.millrace.connectors.pipeline;

import io.millrace.connectors.sink.Sink;
import java.util.Objects;

/**
 * What one shard is delivered with.
 *
 * @param sink where to; closed when the shard has ended or gone, if the parts are its own
 * @param transform what is made of a record
 * @param trigger has the buffer stored early; null if its limits are enough
 * @param <U> what the sink stores
 */
public record ShardParts<U>(Sink<U> sink, RecordTransform<U> transform, FlushTrigger<U> trigger) {
  public ShardParts {
    Objects.requireNonNull(sink, "sink");
    Objects.requireNonNull(transform, "transform");
  }
}
