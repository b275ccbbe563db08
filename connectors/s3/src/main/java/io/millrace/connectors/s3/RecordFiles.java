package io.millrace.connectors.s3;

import com.github.luben.zstd.ZstdInputStream;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.SinkException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.zip.GZIPInputStream;
import org.xerial.snappy.SnappyFramedInputStream;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/**
 * Files of records in S3, for sinks that go on from there: a file is written as a whole, and read
 * again by whoever has to. Formats, compression, memory, parts and encryption are those of {@link
 * S3Sink}. Nothing here is a commit record; whoever chooses the keys sees to it that none is used
 * twice. Methods may be called from any thread.
 */
public final class RecordFiles implements AutoCloseable {

  /**
   * What files look like.
   *
   * @param format of all of them
   * @param compression of all of them
   * @param columns of a CSV or Parquet file, in their order; empty for others
   * @param csvNull what stands for a missing value in CSV; null for nothing
   */
  public record Layout(
      Format format, Compression compression, List<Column> columns, String csvNull) {
    public Layout {
      columns = List.copyOf(columns);
    }

    private ObjectFormat<?> objectFormat(long rowGroupBytes) {
      return switch (format) {
        case RAW -> throw new IllegalArgumentException("a raw file has no rows");
        case NDJSON -> new NdjsonFormat(compression);
        case CSV ->
            new CsvFormat(
                compression,
                new CsvOptions(columns, ',', false, CsvOptions.Quoting.MINIMAL, csvNull));
        case PARQUET -> new ParquetFormat(compression, columns, rowGroupBytes);
      };
    }
  }

  /**
   * A file that is in S3.
   *
   * @param location {@code s3://bucket/key}
   * @param bytes of the object
   * @param rows in it
   */
  public record Stored(URI location, long bytes, long rows) {}

  private final S3SinkBuilder settings;
  private final ObjectFormat<?> format;
  private final Format formatName;
  private final S3AsyncClient client;
  private final ThreadPoolExecutor executor;
  private final SpillArea area;
  private final ObjectStore store;

  /**
   * @param settings where the bucket is and how objects are stored; what it says about names,
   *     format and columns is not looked at
   */
  public RecordFiles(S3SinkBuilder settings, Layout layout) {
    this.settings = settings;
    this.format = layout.objectFormat(settings.rowGroupBytes);
    this.formatName = layout.format();
    this.client = settings.openClient();
    this.executor = S3Sink.executor();
    this.area =
        new SpillArea(settings.spillDirectory, settings.spillThreshold, settings.spillMemory);
    this.store =
        new ObjectStore(
            client, executor, settings.options(), settings.multipartThreshold, settings.partBytes);
  }

  /** Where files are written and read: may be blocked by disk and compression, not for ever. */
  public Executor executor() {
    return executor;
  }

  /**
   * Stream, shard and first position: the same for every range that begins there, different for any
   * other, and in the order of the shard.
   */
  public static String identity(RangeStart start) {
    return RangeName.identity(start);
  }

  /** Begins a file, on this machine. To be closed. */
  public NewFile begin() {
    return new NewFile(format);
  }

  /** A file until it is stored. Used by one thread at a time. */
  public final class NewFile implements AutoCloseable {
    private final SpillBuffer content = new SpillBuffer(area);
    private final Rows<?> rows;
    private long count;

    private NewFile(ObjectFormat<?> format) {
      try {
        this.rows = Rows.open(format, content);
      } catch (IOException e) {
        content.release();
        throw new UncheckedIOException(e);
      }
    }

    /**
     * All rows, or none of them.
     *
     * @throws io.millrace.connectors.message.MalformedMessageException if one does not fit the
     *     format; the message says which field has which value and what is allowed
     * @throws UncheckedIOException if the spill directory does not take it
     */
    public void add(List<Message> together) {
      try {
        rows.add(together);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      count += together.size();
    }

    /** Rows so far. */
    public long count() {
      return count;
    }

    /**
     * Puts the file into S3. No row comes any more.
     *
     * @return fails with a {@link SinkException}
     */
    public CompletionStage<Stored> store(String key) {
      try {
        rows.close();
        content.close();
      } catch (IOException e) {
        return CompletableFuture.failedFuture(
            S3Errors.translate(e, "write s3://" + settings.bucket + "/" + key, settings.bucket));
      }
      long bytes = content.size();
      return put(key, formatName.contentType(), content)
          .thenApply(put -> new Stored(location(key), bytes, count));
    }

    /** Gives memory and disk back; only when nothing is being stored any more. */
    @Override
    public void close() {
      content.release();
    }
  }

  /** A format with the rows that it has made. */
  private record Rows<T>(ObjectFormat<T> format, ObjectFormat.File<T> file) {
    static <T> Rows<T> open(ObjectFormat<T> format, SpillBuffer content) throws IOException {
      return new Rows<>(format, format.open(content));
    }

    void add(List<Message> together) throws IOException {
      List<T> prepared = new ArrayList<>(together.size());
      for (Message message : together) {
        prepared.add(format.prepare(message));
      }
      for (T one : prepared) {
        file.write(one);
      }
    }

    void close() throws IOException {
      file.close();
    }
  }

  /** {@code s3://bucket/key}. */
  public URI location(String key) {
    return URI.create("s3://" + settings.bucket + "/" + key);
  }

  /**
   * Puts a small object.
   *
   * @return fails with a {@link SinkException}
   */
  public CompletionStage<URI> putJson(String key, byte[] json) {
    SpillBuffer content = new SpillBuffer(area);
    try (SpillBuffer closed = content) {
      closed.write(json, 0, json.length);
    } catch (IOException e) {
      content.release();
      return CompletableFuture.failedFuture(
          S3Errors.translate(e, "write " + location(key), settings.bucket));
    }
    return put(key, "application/json", content)
        .thenApply(put -> location(key))
        .whenComplete((done, error) -> content.release());
  }

  private CompletionStage<ObjectStore.Put> put(
      String key, String contentType, SpillBuffer content) {
    return CompletableFuture.completedFuture(null)
        .thenComposeAsync(
            nothing ->
                store.put(
                    new ObjectStore.Target(settings.bucket, key, contentType, Map.of(), false),
                    content),
            executor)
        .handle(
            (put, error) -> {
              if (error != null) {
                throw S3Errors.translate(error, "put " + location(key), settings.bucket);
              }
              return put;
            });
  }

  /**
   * Reads a whole object.
   *
   * @return empty if there is none; fails with a {@link SinkException}
   */
  public CompletionStage<Optional<byte[]>> get(String key) {
    return store
        .get(settings.bucket, key)
        .handle(
            (found, error) -> {
              if (error != null) {
                throw S3Errors.translate(error, "get " + location(key), settings.bucket);
              }
              return found;
            });
  }

  /**
   * How large an object is.
   *
   * @param location {@code s3://bucket/key}, maybe of another bucket
   * @return empty if there is none; fails with a {@link SinkException}
   */
  public CompletionStage<OptionalLong> size(URI location) {
    return store
        .head(location.getHost(), location.getPath().substring(1))
        .handle(
            (found, error) -> {
              if (error != null) {
                throw S3Errors.translate(error, "look at " + location, location.getHost());
              }
              return found.isPresent()
                  ? OptionalLong.of(found.get().contentLength())
                  : OptionalLong.empty();
            });
  }

  /**
   * Writes a file with the rows of several, end to end: files of lines without a header,
   * uncompressed, or gzip and zstd, whose files may have several members or frames. What is in
   * memory meanwhile does not depend on how many or how large they are.
   *
   * @param files maybe of another bucket; at least one
   * @return fails with a {@link SinkException}
   */
  public CompletionStage<Stored> join(List<Stored> files, String key) {
    List<ObjectJoiner.Piece> pieces =
        files.stream()
            .map(
                file ->
                    new ObjectJoiner.Piece(
                        file.location().getHost(),
                        file.location().getPath().substring(1),
                        file.bytes()))
            .toList();
    return CompletableFuture.runAsync(
            () -> new ObjectJoiner(client, settings.options()).join(pieces, settings.bucket, key),
            executor)
        .handle(
            (nothing, error) -> {
              if (error != null) {
                throw S3Errors.translate(
                    error, "join " + files.size() + " files as " + location(key), settings.bucket);
              }
              return new Stored(
                  location(key),
                  files.stream().mapToLong(Stored::bytes).sum(),
                  files.stream().mapToLong(Stored::rows).sum());
            });
  }

  /**
   * Reads an object as a stream, and decompresses it. Blocks: not for threads of the SDK.
   *
   * @param location {@code s3://bucket/key}, maybe of another bucket
   * @param compression of the object as a whole
   * @throws SinkException if it is not there, or cannot be read
   */
  public InputStream read(URI location, Compression compression) throws IOException {
    InputStream raw;
    try {
      raw =
          client
              .getObject(
                  r -> r.bucket(location.getHost()).key(location.getPath().substring(1)),
                  AsyncResponseTransformer.toBlockingInputStream())
              .join();
    } catch (RuntimeException e) {
      throw S3Errors.translate(e, "read " + location, location.getHost());
    }
    try {
      return new BufferedInputStream(
          switch (compression) {
            case NONE -> raw;
            case GZIP -> new GZIPInputStream(raw, 64 << 10);
            case ZSTD -> new ZstdInputStream(raw);
            case SNAPPY -> new SnappyFramedInputStream(raw);
          });
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }

  /**
   * Looks whether the bucket is there, lists and can be written to, and whether the spill directory
   * can. Changes nothing. Blocks.
   */
  public static List<Finding> check(S3SinkBuilder settings) {
    try (BucketCheck check = new BucketCheck(settings)) {
      return check.run();
    }
  }

  @Override
  public void close() {
    if (settings.client == null) {
      client.close();
    }
    executor.shutdownNow();
    area.close();
  }
}
