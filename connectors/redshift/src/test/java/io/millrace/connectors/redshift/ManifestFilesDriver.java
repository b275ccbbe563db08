package io.millrace.connectors.redshift;

import io.millrace.connectors.contract.SinkDriver;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Commit;
import io.millrace.connectors.sink.Sink;
import io.millrace.kcl.aws.AwsClients;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * The first stage under the contract: what is stored is what the second one has loaded when it has
 * done everything that was announced. It does all of it from the beginning every time, in other
 * ranges, as one that remembers nothing.
 */
public final class ManifestFilesDriver implements SinkDriver {
  private int drains;

  @Override
  public Sink<Message> open(String destination) {
    return ManifestDestination.of(destination).firstStage();
  }

  @Override
  public List<String> stored(String text) throws Exception {
    ManifestDestination destination = ManifestDestination.of(text);
    List<String> announced;
    try (AwsClients clients = destination.clients()) {
      announced = announced(clients, destination.stream());
    }
    int limit = 3 + drains++ % 5;
    try (ManifestSink sink = destination.secondStage()) {
      for (int from = 0; from < announced.size(); ) {
        int to = Math.min(announced.size(), from + limit);
        int first = 1_000 + 100_000 * drains + from;
        Commit commit =
            sink.commit(
                    Announcements.named(
                        sink, first, announced.subList(from, to), "00000000000000aa"))
                .toCompletableFuture()
                .get();
        if (!commit.exclusions().isEmpty() || !commit.letters().isEmpty()) {
          throw new IllegalStateException("Not loaded: " + commit);
        }
        from = to;
      }
    }
    return destination.ids();
  }

  /** All that is in the first shard of the stream. */
  static List<String> announced(AwsClients clients, String stream) {
    String shard =
        clients.kinesis().listShards(r -> r.streamName(stream)).join().shards().get(0).shardId();
    String iterator =
        clients
            .kinesis()
            .getShardIterator(
                r ->
                    r.streamName(stream)
                        .shardId(shard)
                        .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
            .join()
            .shardIterator();
    List<String> texts = new ArrayList<>();
    while (true) {
      String from = iterator;
      GetRecordsResponse page = clients.kinesis().getRecords(r -> r.shardIterator(from)).join();
      page.records().forEach(record -> texts.add(record.data().asUtf8String()));
      iterator = page.nextShardIterator();
      if (page.records().isEmpty() && page.millisBehindLatest() == 0) {
        return texts;
      }
    }
  }
}
