package io.millrace.connectors.redshift;

import io.millrace.connectors.message.Message;
import io.millrace.connectors.s3.S3Sink;
import io.millrace.connectors.s3.StoredRange;
import io.millrace.connectors.sink.Commit;
import io.millrace.connectors.sink.RangeSink;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.SinkException;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/*
 * The commit record of a range is the file, and the announcement follows it. The pipeline's
 * checkpoint follows the announcement: until it is put, the range is not committed for the pipeline,
 * and is committed again, by this worker or its successor, who finds the file and announces it. So
 * each file is announced at least once, and a shard's files in its order: a later range is begun
 * when the one before is announced. What comes again is older than what came before, and is in the
 * load history by then, or in the same load.
 */
/** First stage of the manifest flow: each range becomes a file in S3, which is then announced. */
final class AnnouncingSink implements RangeSink<Message> {

  /** Puts announcements; see {@link AnnouncementStream#put}. */
  @FunctionalInterface
  interface Announcer {
    CompletionStage<Void> put(Announcement announcement);
  }

  private final S3Sink files;
  private final RowShape shape;
  private final String table;
  private final Announcer announcer;
  private final AutoCloseable announcerToClose;

  /**
   * @param files with one object a range; closed with this
   * @param shape what the files say of each item
   * @param table that is loaded in the end
   * @param announcer used for each file
   * @param announcerToClose closed with this
   */
  AnnouncingSink(
      S3Sink files,
      RowShape shape,
      String table,
      Announcer announcer,
      AutoCloseable announcerToClose) {
    this.files = files;
    this.shape = shape;
    this.table = table;
    this.announcer = announcer;
    this.announcerToClose = announcerToClose;
  }

  @Override
  public String name() {
    return "redshift-files";
  }

  @Override
  public String toString() {
    return files.toString();
  }

  @Override
  public String nameFor(RangeStart start) {
    return files.nameFor(start);
  }

  @Override
  public CompletionStage<Commit> commit(RecordRange<Message> range) {
    String source = Staged.source(range.stream(), range.shardId());
    return files
        .store(range, item -> shape.rowOf(item, source))
        .thenCompose(stored -> announce(range, stored).thenApply(nothing -> stored.commit()));
  }

  private CompletionStage<Void> announce(RecordRange<Message> range, StoredRange stored) {
    if (stored.rows() < 0) {
      return CompletableFuture.failedFuture(
          SinkException.needsSomebody(
              "Could not announce s3://"
                  + stored.bucket()
                  + "/"
                  + stored.key()
                  + ": it does not say how many rows it has, so it is not of this pipeline; give the"
                  + " pipeline a prefix of its own",
              null));
    }
    if (stored.rows() == 0) {
      return CompletableFuture.completedFuture(null); // there is nothing to load
    }
    return announcer.put(
        new Announcement(
            table,
            Announcement.Start.of(range.start()),
            stored.commit().end(),
            stored.bucket(),
            stored.key(),
            stored.bytes(),
            stored.rows(),
            stored.format().name().toLowerCase(Locale.ROOT),
            stored.compression().name().toLowerCase(Locale.ROOT)));
  }

  @Override
  public void close() {
    files.close();
    try {
      announcerToClose.close();
    } catch (Exception e) {
      throw new IllegalStateException("Could not close the stream of announcements", e);
    }
  }
}
