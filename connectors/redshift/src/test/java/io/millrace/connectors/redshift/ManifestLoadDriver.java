package io.millrace.connectors.redshift;

import io.millrace.connectors.contract.SinkDriver;
import io.millrace.connectors.message.Json;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.pipeline.RecordTransform;
import io.millrace.connectors.s3.RecordFiles;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.Sink;
import io.millrace.kcl.Record;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The second stage under the contract: each record becomes a file with one row when it is read, and
 * what the sink gets is the announcement of it, of some twice. The sink's poison is no
 * announcement.
 */
public final class ManifestLoadDriver implements SinkDriver {
  private ManifestDestination destination;
  private RecordFiles files;
  private RowShape shape;

  @Override
  public synchronized Sink<Message> open(String text) {
    destination = ManifestDestination.of(text);
    RedshiftSinkBuilder settings = destination.settings();
    files = new RecordFiles(settings.storage, settings.layout());
    shape = settings.shape();
    return destination.secondStage();
  }

  @Override
  public List<String> stored(String text) throws Exception {
    return ManifestDestination.of(text).ids();
  }

  @Override
  public RecordTransform<Message> transform() {
    return record -> {
      Message message = Message.of(record);
      String payload = new String(record.getDataBytes(), java.nio.charset.StandardCharsets.UTF_8);
      if (!payload.startsWith("{")) {
        return List.of(message);
      }
      Message announcement = announce(record, message);
      return message.json().get("n").asInt() % 7 == 0
          ? List.of(announcement, announcement)
          : List.of(announcement);
    };
  }

  private synchronized Message announce(Record record, Message message) throws Exception {
    int n = message.json().get("n").asInt();
    String id = message.json().get("id").asText();
    String shard = "shardId-00000000000" + n % 3;
    Record source =
        Record.builder()
            .partitionKey("key")
            .sequenceNumber(Integer.toString(n + 1))
            .approximateArrivalTimestamp(Announcements.ARRIVED)
            .data(record.getDataBytes())
            .build();
    RecordFiles.Stored stored;
    try (RecordFiles.NewFile file = files.begin()) {
      file.add(
          List.of(
              shape.rowOf(
                  new RangeItem<>(source, 0, Message.of(source)), Staged.source("src", shard))));
      stored = file.store("staged/" + id + ".csv.gz").toCompletableFuture().get();
    }
    Announcement announcement =
        new Announcement(
            destination.table(),
            new Announcement.Start("src", shard, source.getPosition(), Announcements.ARRIVED),
            source.getPosition(),
            destination.bucket(),
            stored.location().getPath().substring(1),
            stored.bytes(),
            stored.rows(),
            "csv",
            "gzip");
    return message.withJson(Json.read(ByteBuffer.wrap(announcement.json())));
  }
}
