package io.millrace.kcl.stream;

import io.millrace.lease.LeaseKey;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The stream, as the worker reads it. Calls do not block and do not retry; stages complete on a
 * thread of the source's own, where nothing may wait (taking apart what was read is done there, as
 * parsing it is), and exceptionally with a {@link StreamException}.
 */
public interface StreamSource {

  /** Asks the stream about itself. */
  CompletionStage<StreamDescription> describe();

  /** Lists shards; complete, all pages. */
  CompletionStage<List<Shard>> listShards(ShardListFilter filter);

  /** Opens a shard; completes with an iterator. */
  CompletionStage<String> open(LeaseKey shard, StartPosition position);

  /**
   * Reads from an iterator.
   *
   * @param limit the most records to return, 1 to 10,000
   */
  CompletionStage<ReadResult> read(LeaseKey shard, String iterator, int limit);
}
