package io.millrace.connectors.redshift;

import io.millrace.connectors.message.Message;
import io.millrace.connectors.s3.Column;
import io.millrace.connectors.s3.Compression;
import io.millrace.connectors.s3.Format;
import io.millrace.connectors.s3.RecordFiles;
import io.millrace.connectors.s3.S3SinkBuilder;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.kcl.Record;
import io.millrace.kcl.time.Clock;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Both stages over one bucket, with a table in memory and a list for the stream. */
final class ManifestSetup implements AutoCloseable {
  static final S3AsyncClient CLIENT = LocalRedshift.CLIENT;

  private static final RowShape SHAPE =
      new RowShape(Column.csv(List.of("id required", "n")), List.of(), null, false);

  final String bucket = LocalRedshift.newBucket();
  final MemoryLoads table = new MemoryLoads();
  final List<Announcement> announced = new ArrayList<>();
  final Compression compression;

  /** How many announcements fail. */
  int failures;

  private final List<AutoCloseable> opened = new ArrayList<>();

  ManifestSetup(Compression compression) {
    this.compression = compression;
  }

  private S3SinkBuilder storage() {
    return LocalRedshift.storage(bucket).client(CLIENT);
  }

  private RecordFiles.Layout layout() {
    return new RecordFiles.Layout(Format.NDJSON, compression, List.of(), null);
  }

  AnnouncingSink firstStage() {
    AnnouncingSink sink =
        new AnnouncingSink(
            storage().layout(layout()).prefix("staged/").build(),
            SHAPE,
            Announcements.TABLE,
            this::announce,
            () -> {});
    opened.add(sink);
    return sink;
  }

  private synchronized CompletionStage<Void> announce(Announcement announcement) {
    if (failures > 0) {
      failures--;
      return CompletableFuture.failedFuture(new IllegalStateException("the stream is away"));
    }
    announced.add(announcement);
    return CompletableFuture.completedFuture(null);
  }

  ManifestSink secondStage(int slices, long leastBytes) {
    RecordFiles files = new RecordFiles(storage(), layout());
    ManifestSink sink =
        new ManifestSink(
            Announcements.TABLE,
            FileFormat.JSON,
            "target",
            new ManifestSink.Tools(
                new AnnouncedFiles(
                    files,
                    new AnnouncedFiles.Merging("work/", leastBytes, 1_000_000_000, () -> slices)),
                c -> table.with(files, Compression.valueOf(c.name())),
                new DroppedLetters(new AnnouncedRows(files, List.of("id", "n")), Clock.system()),
                files::close));
    opened.add(sink);
    return sink;
  }

  /** Records {@code {"id":"good-N"}} of a shard, their positions their numbers. */
  static RecordRange<Message> source(
      AnnouncingSink sink, String shard, int first, int last, String writer, int attempt) {
    List<RangeItem<Message>> items = new ArrayList<>();
    for (int n = first; n <= last; n++) {
      Record record =
          Record.builder()
              .partitionKey("key")
              .sequenceNumber(Integer.toString(n))
              .approximateArrivalTimestamp(Announcements.ARRIVED)
              .data(
                  ("{\"id\":\"" + shard + "-" + n + "\",\"n\":" + n + "}")
                      .getBytes(StandardCharsets.UTF_8))
              .build();
      items.add(new RangeItem<>(record, 0, Message.of(record)));
    }
    RangeStart start =
        new RangeStart(
            "clicks", shard, Announcements.at(first), Announcements.ARRIVED, Announcements.ARRIVED);
    return new RecordRange<>(
        start, sink.nameFor(start), Announcements.at(last), items, List.of(), 0, writer, attempt);
  }

  /** All that was announced, as texts of the stream. */
  List<String> texts() {
    return Announcements.texts(announced.toArray(new Announcement[0]));
  }

  List<String> keys(String prefix) {
    return CLIENT.listObjectsV2(r -> r.bucket(bucket).prefix(prefix)).join().contents().stream()
        .map(S3Object::key)
        .toList();
  }

  @Override
  public void close() throws Exception {
    for (AutoCloseable one : opened) {
      one.close();
    }
  }
}
