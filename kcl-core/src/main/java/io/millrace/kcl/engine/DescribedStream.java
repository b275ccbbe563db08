package io.millrace.kcl.engine;

import io.millrace.kcl.stream.ReadResult;
import io.millrace.kcl.stream.Shard;
import io.millrace.kcl.stream.ShardListFilter;
import io.millrace.kcl.stream.StartPosition;
import io.millrace.kcl.stream.StreamDescription;
import io.millrace.kcl.stream.StreamSource;
import io.millrace.lease.LeaseKey;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Remembers what the stream last said of itself, whoever asked. */
final class DescribedStream implements StreamSource {

  /** What Kinesis begins with, until the stream has said otherwise. */
  private static final long DEFAULT_RETENTION_MILLIS = 24 * 3_600_000L;

  private final StreamSource stream;
  private volatile long retentionMillis = DEFAULT_RETENTION_MILLIS;

  DescribedStream(StreamSource stream) {
    this.stream = stream;
  }

  /** How long the stream keeps records; from any thread. */
  long retentionMillis() {
    return retentionMillis;
  }

  @Override
  public CompletionStage<StreamDescription> describe() {
    return stream
        .describe()
        .thenApply(
            description -> {
              retentionMillis = description.retentionMillis();
              return description;
            });
  }

  @Override
  public CompletionStage<List<Shard>> listShards(ShardListFilter filter) {
    return stream.listShards(filter);
  }

  @Override
  public CompletionStage<String> open(LeaseKey shard, StartPosition position) {
    return stream.open(shard, position);
  }

  @Override
  public CompletionStage<ReadResult> read(LeaseKey shard, String iterator, int limit) {
    return stream.read(shard, iterator, limit);
  }
}
