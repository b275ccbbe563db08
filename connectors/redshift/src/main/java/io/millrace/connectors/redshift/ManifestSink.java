package io.millrace.connectors.redshift;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Commit;
import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.RangeSink;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.exec.DaemonThreads;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * What makes a file loaded once is the row of the history for its range of the source, which is
 * written by the transaction that loads the file. How announcements come together to loads does not
 * matter for that: they may come twice, in other ranges, to two workers at once.
 *
 * A range of announcements has a row of its own too, its commit record. It is found by whoever does
 * the range again, and says which records were no announcements when it was loaded. What it says
 * counts as far as this call's announcements go, and no further: dead letters are made of the rows
 * that COPY has dropped from files which the call knows. What lies behind is a range of its own then,
 * whose files are all found in the history.
 *
 * Files are kept: dead letters are made of them after the load, maybe by another worker.
 */
/**
 * Second stage of the manifest flow: loads the files that a range of announcements names, those of
 * all shards together, by one COPY.
 */
final class ManifestSink implements RangeSink<Message> {
  private static final Logger LOG = LoggerFactory.getLogger(ManifestSink.class);

  /** Ranges at a time; announcements of a table are in one shard, so one is the rule. */
  private static final int THREADS = 2;

  /** Runs loads; see {@link RedshiftLoader#load}. */
  @FunctionalInterface
  interface Loads {
    CompletionStage<LoadResult> load(Load load);
  }

  /**
   * What a load needs from outside.
   *
   * @param files in S3
   * @param loads by the compression of the files
   * @param letters makes dead letters of rows that COPY has dropped
   * @param close what was opened
   */
  record Tools(
      AnnouncedFiles files,
      Function<FileCompression, Loads> loads,
      DroppedLetters letters,
      Runnable close) {}

  private final String table;
  private final FileFormat format;
  private final String target;
  private final Tools tools;
  private final ThreadPoolExecutor executor;

  /**
   * @param table as announcements name it
   * @param format that COPY reads
   * @param target what the table and the history are: a range that was prepared for others is not
   *     looked for in these
   */
  ManifestSink(String table, FileFormat format, String target, Tools tools) {
    this.table = table;
    this.format = format;
    this.target = target;
    this.tools = tools;
    // bounded by the callers: a range a shard
    this.executor = DaemonThreads.pool("millrace-manifest", THREADS, Integer.MAX_VALUE);
  }

  @Override
  public String name() {
    return "redshift-load";
  }

  @Override
  public String toString() {
    return "redshift table " + table;
  }

  @Override
  public String nameFor(RangeStart start) {
    return target;
  }

  @Override
  public CompletionStage<Commit> commit(RecordRange<Message> range) {
    if (!range.name().equals(target)) {
      return CompletableFuture.failedFuture(
          SinkException.needsSomebody(
              "Could not load what was announced in "
                  + range.describe()
                  + ": it was prepared for "
                  + range.name()
                  + ", and the configuration says "
                  + target
                  + " by now; finish it with the configuration that it was prepared with",
              null));
    }
    return CompletableFuture.supplyAsync(() -> new Work(range).run(), executor);
  }

  @Override
  public void close() {
    executor.shutdownNow();
    tools.close().run();
  }

  /** Loading one range. */
  private final class Work {
    private final RecordRange<Message> range;
    private final AnnouncedBatch batch;
    private final SourceRange own;

    /** Ranges of the source as the history has them. */
    private final List<SourceRange> loaded = new ArrayList<>();

    Work(RecordRange<Message> range) {
      this.range = range;
      this.batch = AnnouncedBatch.of(range, table);
      this.own =
          new SourceRange(
              range.stream(), range.shardId(), range.first(), batch.end(), batch.exclusions(), 0);
    }

    Commit run() {
      List<Announcement> open = batch.files();
      for (int round = 1; ; round++) {
        LoadResult result = load(open, round);
        if (result instanceof LoadResult.Loaded done) {
          long bytes = open.stream().mapToLong(Announcement::bytes).sum();
          remember(done.ranges());
          return new Commit(batch.end(), batch.exclusions(), true, bytes, letters());
        }
        List<SourceRange> found = ((LoadResult.Found) result).ranges();
        remember(found);
        Optional<SourceRange> before = found.stream().filter(own::isSameAs).findFirst();
        if (before.isPresent()) {
          return adopt(before.get());
        }
        List<Announcement> left =
            open.stream().filter(file -> found.stream().noneMatch(range(file)::isSameAs)).toList();
        LOG.info(
            "{} of {} files are in the load history already; loading the others",
            open.size() - left.size(),
            open.size());
        if (left.size() == open.size()) {
          throw new IllegalStateException("Found what was not asked for: " + found);
        }
        open = left;
      }
    }

    private void remember(List<SourceRange> ranges) {
      ranges.stream().filter(one -> !own.isSameAs(one)).forEach(loaded::add);
    }

    private Commit adopt(SourceRange found) {
      Checkpoint end = found.end().compareTo(batch.end()) < 0 ? found.end() : batch.end();
      List<Exclusion> exclusions =
          found.exclusions().stream().filter(e -> e.position().compareTo(end) <= 0).toList();
      return new Commit(end, exclusions, false, 0, letters());
    }

    private LoadResult load(List<Announcement> files, int round) {
      List<SourceRange> ranges = new ArrayList<>();
      files.forEach(file -> ranges.add(range(file)));
      ranges.add(own);
      List<LoadFile> prepared = List.of();
      URI manifest = null;
      if (!files.isEmpty()) {
        refuseOtherFormat(files.get(0));
        String name = AnnouncedFiles.name(range.start(), range.writer(), range.attempt(), round);
        prepared = tools.files().prepare(files, name);
        manifest = tools.files().putManifest(prepared, name);
      }
      FileCompression compression =
          files.isEmpty() ? FileCompression.NONE : compression(files.get(0));
      return Stages.join(
          tools.loads().apply(compression).load(new Load(ranges, prepared, manifest)));
    }

    private List<DeadLetter> letters() {
      List<DeadLetter> letters = new ArrayList<>();
      for (Announcement file : batch.files()) {
        SourceRange asked = range(file);
        loaded.stream()
            .filter(one -> asked.isSameAs(one) && !one.exclusions().isEmpty())
            .findFirst()
            .ifPresent(one -> letters.addAll(tools.letters().of(file, one.exclusions())));
      }
      return letters;
    }
  }

  private static SourceRange range(Announcement file) {
    return new SourceRange(
        file.start().stream(),
        file.start().shardId(),
        file.start().first(),
        file.end(),
        List.of(),
        file.rows());
  }

  private void refuseOtherFormat(Announcement file) {
    if (!file.format().equals(announced(format))) {
      throw SinkException.needsSomebody(
          "Could not load "
              + file.uri()
              + " into "
              + table
              + ": it was announced as "
              + file.format()
              + ", and format says "
              + announced(format)
              + " by now; load what was announced with the earlier configuration first",
          null);
    }
  }

  /** What announcements call a format: as the S3 sink does. */
  private static String announced(FileFormat format) {
    return format == FileFormat.JSON ? "ndjson" : format.name().toLowerCase(Locale.ROOT);
  }

  private FileCompression compression(Announcement file) {
    if (format == FileFormat.PARQUET) {
      return FileCompression.NONE; // the pages within are, and say so
    }
    try {
      return FileCompression.valueOf(file.compression().toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw SinkException.needsSomebody(
          "Could not load "
              + file.uri()
              + ": it was announced with the compression "
              + file.compression()
              + ", which this program does not know; run the version that announced it",
          e);
    }
  }
}
