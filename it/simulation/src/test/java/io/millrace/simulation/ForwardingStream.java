package io.millrace.simulation;

import io.millrace.kcl.stream.ReadResult;
import io.millrace.kcl.stream.Shard;
import io.millrace.kcl.stream.ShardListFilter;
import io.millrace.kcl.stream.StartPosition;
import io.millrace.kcl.stream.StreamDescription;
import io.millrace.kcl.stream.StreamSource;
import io.millrace.lease.LeaseKey;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** A stream that passes everything on; planted bugs change one operation. */
class ForwardingStream implements StreamSource {

  final StreamSource to;

  ForwardingStream(StreamSource to) {
    this.to = to;
  }

  @Override
  public CompletionStage<StreamDescription> describe() {
    return to.describe();
  }

  @Override
  public CompletionStage<List<Shard>> listShards(ShardListFilter filter) {
    return to.listShards(filter);
  }

  @Override
  public CompletionStage<String> open(LeaseKey shard, StartPosition position) {
    return to.open(shard, position);
  }

  @Override
  public CompletionStage<ReadResult> read(LeaseKey shard, String iterator, int limit) {
    return to.read(shard, iterator, limit);
  }
}
