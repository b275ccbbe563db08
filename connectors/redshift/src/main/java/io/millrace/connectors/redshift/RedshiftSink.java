package io.millrace.connectors.redshift;

import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.s3.RecordFiles;
import io.millrace.connectors.sink.Commit;
import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RangeSink;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.SinkException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

/*
 * The row of the history is the commit record. Files in S3 are only on the way: their names have
 * the writer and the attempt, so that nobody ever overwrites what another one's COPY is reading,
 * and what a loser or a crash has left behind is read by nobody. A range without rows gets its row
 * of the history too, and no file.
 */
/**
 * Loads each range of a shard's records into a table of Redshift, exactly once: a file and a
 * manifest in S3, and one transaction that copies the file and says so in the history; see {@code
 * docs/connectors-redshift.md}.
 *
 * <pre>{@code
 * RedshiftSink sink =
 *     RedshiftSink.builder("jdbc:redshift://host:5439/dev", "public.clicks", storage)
 *         .user("loader", password)
 *         .columns(List.of("id required", "n"))
 *         .build();
 * }</pre>
 */
public final class RedshiftSink implements RangeSink<Message> {
  private final RedshiftSinkBuilder settings;
  private final RecordFiles files;
  private final RedshiftLoader loader;
  private final RowShape shape;
  private final RangeTarget target;
  private CompletableFuture<URI> jsonPaths;

  RedshiftSink(RedshiftSinkBuilder settings) {
    this.settings = settings;
    this.shape = settings.shape();
    this.files = new RecordFiles(settings.storage, settings.layout());
    this.loader = settings.loader(files);
    this.target = settings.rangeTarget();
  }

  /**
   * A sink with CSV files, to be set up further.
   *
   * @param url {@code jdbc:redshift://HOST:5439/DATABASE} or {@code jdbc:redshift:iam://…}
   * @param table {@code TABLE} or {@code SCHEMA.TABLE}
   * @param storage the bucket that files go through
   */
  public static RedshiftSinkBuilder builder(
      String url, String table, io.millrace.connectors.s3.S3SinkBuilder storage) {
    return new RedshiftSinkBuilder(url, table, storage);
  }

  /** The bucket that files go through, for {@link #builder}. */
  public static io.millrace.connectors.s3.S3SinkBuilder storage(
      String bucket, String region, AwsCredentialsProvider credentials) {
    return io.millrace.connectors.s3.S3Sink.builder(bucket, region, credentials);
  }

  @Override
  public String name() {
    return "redshift";
  }

  @Override
  public String toString() {
    return settings.address() + " " + settings.table;
  }

  @Override
  public String nameFor(RangeStart start) {
    return target.text();
  }

  @Override
  public CompletionStage<Commit> commit(RecordRange<Message> range) {
    SinkException foreign = settings.foreign(range);
    if (foreign != null) {
      return CompletableFuture.failedFuture(foreign);
    }
    return CompletableFuture.completedFuture(range)
        .thenComposeAsync(this::stored, files.executor())
        .thenCompose(
            stored ->
                loader.load(stored.load()).thenApply(result -> commit(result, stored.bytes())));
  }

  /** A load whose files are in S3. */
  private record Stored(Load load, long bytes) {}

  private static Commit commit(LoadResult result, long bytes) {
    if (result instanceof LoadResult.Found found) {
      SourceRange there = found.ranges().get(0);
      return new Commit(there.end(), there.exclusions(), false, 0);
    }
    SourceRange loaded = ((LoadResult.Loaded) result).ranges().get(0);
    return new Commit(loaded.end(), loaded.exclusions(), true, bytes);
  }

  private CompletionStage<Stored> stored(RecordRange<Message> range) {
    Map<io.millrace.checkpoint.Checkpoint, Exclusion> excluded = new TreeMap<>();
    range.exclusions().forEach(e -> excluded.put(e.position(), e));
    RecordFiles.NewFile file;
    try {
      file = files.begin();
      try {
        write(range, file, excluded);
      } catch (RuntimeException | Error e) {
        file.close();
        throw e;
      }
    } catch (UncheckedIOException e) {
      return CompletableFuture.failedFuture(
          SinkException.needsSomebody(
              "Could not write the file of "
                  + range.describe()
                  + " ("
                  + e.getCause()
                  + "); look for room in the spill directory, or name another one with"
                  + " spillDirectory",
              e));
    }
    SourceRange source =
        new SourceRange(
            range.stream(),
            range.shardId(),
            range.first(),
            range.end(),
            List.copyOf(excluded.values()),
            file.count());
    if (file.count() == 0) {
      file.close();
      return CompletableFuture.completedFuture(
          new Stored(new Load(List.of(source), List.of(), null), 0));
    }
    String name = settings.fileName(range);
    return jsonPaths()
        .thenCompose(paths -> file.store(name + settings.suffix()))
        .whenComplete((done, error) -> file.close())
        .thenCompose(
            done -> {
              List<LoadFile> list =
                  List.of(new LoadFile(done.location(), done.bytes(), done.rows(), true));
              return files
                  .putJson(name + ".manifest", CopyManifest.of(list))
                  .thenApply(
                      manifest ->
                          new Stored(new Load(List.of(source), list, manifest), done.bytes()));
            });
  }

  /** Written once by each sink; whoever writes it writes the same. */
  private synchronized CompletionStage<URI> jsonPaths() {
    if (settings.jsonPaths.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    if (jsonPaths == null || jsonPaths.isCompletedExceptionally()) {
      jsonPaths =
          files.putJson(settings.jsonPathsKey(), settings.jsonPathsFile()).toCompletableFuture();
    }
    return jsonPaths;
  }

  private void write(
      RecordRange<Message> range,
      RecordFiles.NewFile file,
      Map<io.millrace.checkpoint.Checkpoint, Exclusion> excluded) {
    String source = Staged.source(range.stream(), range.shardId());
    List<RangeItem<Message>> items = range.items();
    int from = 0;
    for (int to = 1; to <= items.size(); to++) {
      boolean ofNextRecord =
          to == items.size() || !items.get(to).position().equals(items.get(from).position());
      if (ofNextRecord) {
        RangeItem<Message> first = items.get(from);
        try {
          List<Message> rows = new ArrayList<>(to - from);
          for (RangeItem<Message> item : items.subList(from, to)) {
            rows.add(shape.rowOf(item, source));
          }
          file.add(rows);
        } catch (MalformedMessageException e) {
          excluded.putIfAbsent(first.position(), new Exclusion(first.position(), e.getMessage()));
        }
        from = to;
      }
    }
  }

  @Override
  public void close() {
    loader.close();
    files.close();
  }
}
