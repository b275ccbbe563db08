package io.millrace.embedded.operations;

import io.millrace.embedded.model.KinesisError;
import io.millrace.embedded.model.Stream;
import io.millrace.embedded.model.Streams;
import java.util.Map;

/**
 * The table of all operations, and the one place that every request passes: what is to slow down,
 * refuse or count requests belongs into {@link #run}.
 */
public final class Operations {
  private final Map<String, Operation> byName;

  public Operations(Streams streams) {
    StreamOperations stream = new StreamOperations(streams);
    ShardOperations shard = new ShardOperations(streams);
    RecordOperations record = new RecordOperations(streams);
    byName =
        Map.ofEntries(
            Map.entry("CreateStream", stream::create),
            Map.entry("DeleteStream", stream::delete),
            Map.entry("DescribeStream", stream::describe),
            Map.entry("DescribeStreamSummary", stream::summarize),
            Map.entry("ListStreams", stream::list),
            Map.entry("IncreaseStreamRetentionPeriod", stream::increaseRetention),
            Map.entry("DecreaseStreamRetentionPeriod", stream::decreaseRetention),
            Map.entry("ListShards", shard::list),
            Map.entry("SplitShard", shard::split),
            Map.entry("MergeShards", shard::merge),
            Map.entry("PutRecord", record::put),
            Map.entry("PutRecords", record::putAll),
            Map.entry("GetShardIterator", record::iterator),
            Map.entry("GetRecords", record::get));
  }

  /** Whether there is an operation of that name. */
  public boolean knows(String name) {
    return byName.containsKey(name);
  }

  /**
   * Runs an operation; never waits.
   *
   * @throws KinesisError for whatever the caller is to be told
   */
  public Answer run(String name, Request request, long now) {
    Operation operation = byName.get(name);
    if (operation == null) {
      throw KinesisError.unknownOperation("Unknown operation " + name + ".");
    }
    return operation.run(request, now);
  }

  /** The stream that a request names, by name or by ARN. Validates the request first. */
  static Stream stream(Streams streams, Request request, long now) {
    return streams.get(streamName(request), now);
  }

  static String streamName(Request request) {
    String name = request.optionalName("StreamName");
    String arn = request.optionalText("StreamARN", 2_048);
    request.validate();
    if (arn == null) {
      if (name == null) {
        throw KinesisError.invalidArgument("Either StreamName or StreamARN must be given.");
      }
      return name;
    }
    String named = Streams.nameInArn(arn);
    if (name != null && !name.equals(named)) {
      throw KinesisError.invalidArgument(
          "StreamName " + name + " and StreamARN " + arn + " name different streams.");
    }
    return named;
  }
}
