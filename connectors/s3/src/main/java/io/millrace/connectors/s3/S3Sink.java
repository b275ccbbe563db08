package io.millrace.connectors.s3;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Commit;
import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RangeSink;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.exec.DaemonThreads;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/*
 * One object a range is the simple mode: the object is its own commit record. It is put only if
 * nothing has its name, which is made of stream, shard and first position; whoever comes second
 * reads the metadata of what is there and adopts it. There must be one such name a range. So when
 * the exclusions do not fit into metadata, they go into an object of their own first, and the
 * metadata says where: a manifest in the object's place would be a second name, and two writers
 * could commit one range under both.
 *
 * With fields in the prefix a range makes several objects, and no put of S3 covers them all. They
 * get names that nobody else ever writes (writer and attempt are in them), and the manifest, put
 * last and only if absent, says which of them count. What a loser or a crash has left behind is
 * named in no manifest.
 *
 * A range with nothing to write gets its commit record too: a valid file without records, or a
 * manifest without objects. Nobody could tell "nothing to write" from "not written yet" otherwise.
 */
/**
 * Stores each range of a shard's records as one object, or, with fields of records in the prefix,
 * as several and a manifest; exactly once, see {@code docs/connectors-s3.md} for what readers
 * honour.
 *
 * <pre>{@code
 * S3Sink sink =
 *     S3Sink.builder("my-bucket", "eu-west-1", credentials)
 *         .prefix("clicks/!{timestamp:yyyy/MM/dd/HH}/")
 *         .format(Format.NDJSON)
 *         .compression(Compression.GZIP)
 *         .build();
 * }</pre>
 *
 * <p>An object is built in memory up to a size, then in a file that is deleted when the object is
 * stored. Building and compressing happens on the sink's own threads, as many as the machine has
 * processors; the caller's thread is never blocked.
 */
public final class S3Sink implements RangeSink<Message> {
  private static final Logger LOG = LoggerFactory.getLogger(S3Sink.class);

  private static final int OBJECTS_AT_A_TIME = 8;

  private final S3SinkBuilder settings;
  private final S3AsyncClient client;
  private final boolean ownClient;
  private final ThreadPoolExecutor executor;
  private final SpillArea area;
  private final ObjectStore store;
  private final AtomicLong overflows = new AtomicLong();

  S3Sink(S3SinkBuilder settings) {
    this.settings = settings;
    this.ownClient = settings.client == null;
    this.client = settings.openClient();
    this.executor = executor();
    this.area =
        new SpillArea(settings.spillDirectory, settings.spillThreshold, settings.spillMemory);
    this.store =
        new ObjectStore(
            client, executor, settings.options(), settings.multipartThreshold, settings.partBytes);
  }

  /** The queue is bounded by the callers: one range a shard, and a few steps for each. */
  static ThreadPoolExecutor executor() {
    int threads = Math.max(2, Runtime.getRuntime().availableProcessors());
    return DaemonThreads.pool("millrace-s3", threads, Integer.MAX_VALUE);
  }

  /**
   * A sink with NDJSON and no prefix, to be set up further.
   *
   * @param bucket which has to exist
   * @param region of the bucket
   * @param credentials not closed by the sink
   */
  public static S3SinkBuilder builder(
      String bucket,
      String region,
      software.amazon.awssdk.auth.credentials.AwsCredentialsProvider credentials) {
    return new S3SinkBuilder(bucket, region, credentials);
  }

  @Override
  public String name() {
    return "s3";
  }

  @Override
  public String toString() {
    return "s3://" + settings.bucket + "/" + settings.prefix;
  }

  @Override
  public String nameFor(RangeStart start) {
    return settings.nameFor(start).text();
  }

  @Override
  public CompletionStage<Commit> commit(RecordRange<Message> range) {
    // messages as they are: a format may look at many of them at once
    return storeRows(range, null).thenApply(StoredRange::commit);
  }

  /**
   * As {@link #commit}, and says where the range is: for sinks that store files and have something
   * else load them.
   *
   * @param rows what is stored of an item, made when it is written and not kept; it may throw
   *     {@link MalformedMessageException}, which excludes the item's record
   * @return fails as {@link #commit} does
   */
  public CompletionStage<StoredRange> store(
      RecordRange<Message> range, Function<RangeItem<Message>, Message> rows) {
    return storeRows(range, Objects.requireNonNull(rows, "rows"));
  }

  private CompletionStage<StoredRange> storeRows(
      RecordRange<Message> range, Function<RangeItem<Message>, Message> rows) {
    Optional<RangeName> name = RangeName.parse(range.name());
    if (name.isEmpty()) {
      return CompletableFuture.failedFuture(
          SinkException.needsSomebody(
              "Could not store "
                  + range.describe()
                  + ": it was prepared under the name '"
                  + range.name()
                  + "', which is none of an S3 sink; finish it with the configuration that it was"
                  + " prepared with",
              null));
    }
    RangeName names = name.get();
    Work<?> work;
    try {
      work =
          new Work<>(
              range, rows, names, settings.objectFormat(names.format(), names.compression()));
    } catch (SinkException e) {
      return CompletableFuture.failedFuture(e);
    }
    CompletionStage<Optional<Commit>> earlier =
        // a first attempt finds a record only after a failover, and the put will tell
        range.attempt() > 1
            ? CompletableFuture.completedFuture(null)
                .thenComposeAsync(nothing -> work.find(), executor)
            : CompletableFuture.completedFuture(Optional.empty());
    return earlier
        .thenComposeAsync(
            found ->
                found.isPresent()
                    ? CompletableFuture.completedFuture(found.get())
                    : names.isManifest() ? work.storeAll() : work.storeOne(),
            executor)
        .handle(
            (commit, error) -> {
              if (error == null) {
                return new StoredRange(
                    commit,
                    names.bucket(),
                    names.commitKey(),
                    work.objectBytes,
                    work.objectRows,
                    names.format(),
                    names.compression());
              }
              throw S3Errors.translate(
                  error, "store " + range.describe() + " as " + names.commitUri(), names.bucket());
            });
  }

  @Override
  public void close() {
    if (ownClient) {
      client.close();
    }
    executor.shutdownNow();
    area.close();
  }

  /** Storing one range. */
  private final class Work<T> {
    private final RecordRange<Message> range;
    private final Function<RangeItem<Message>, Message> rows;
    private final RangeName names;
    private final ObjectFormat<T> format;
    private final Map<Checkpoint, Exclusion> excluded = new TreeMap<>();

    /** Of the range's one object, when it is known to be there; written by one step at a time. */
    private volatile long objectBytes = CommitRecord.UNKNOWN;

    private volatile long objectRows = CommitRecord.UNKNOWN;

    Work(
        RecordRange<Message> range,
        Function<RangeItem<Message>, Message> rows,
        RangeName names,
        ObjectFormat<T> format) {
      this.range = range;
      this.rows = rows;
      this.names = names;
      this.format = format;
      range.exclusions().forEach(e -> excluded.put(e.position(), e));
    }

    // --- one object ---

    CompletionStage<Commit> storeOne() {
      SpillBuffer content = new SpillBuffer(area);
      long rows;
      try {
        rows = writeOne(content);
      } catch (IOException | RuntimeException | Error e) {
        content.release();
        return CompletableFuture.failedFuture(e);
      }
      CommitRecord record = CommitRecord.of(range, List.copyOf(excluded.values())).withRows(rows);
      return metadata(record)
          .thenComposeAsync(
              metadata -> store.put(target(names.commitKey(), metadata, true), content), executor)
          .thenComposeAsync(
              put -> {
                if (put == ObjectStore.Put.EXISTS) {
                  return adopt(content.size());
                }
                objectBytes = content.size();
                objectRows = rows;
                return CompletableFuture.completedFuture(
                    new Commit(record.end(), record.exclusions(), true, content.size()));
              },
              executor)
          .whenComplete((commit, error) -> content.release());
    }

    private long writeOne(SpillBuffer content) throws IOException {
      long rows = 0;
      try (SpillBuffer closed = content;
          ObjectFormat.File<T> file = format.open(closed)) {
        List<RangeItem<Message>> items = range.items();
        ObjectFormat.Preparer<T> preparer = preparer(items);
        List<T> prepared = new ArrayList<>();
        for (int from = 0, to; from < items.size(); from = to) {
          to = endOfRecord(items, from);
          prepare(preparer, from, to, prepared);
          for (T one : prepared) {
            file.write(one);
            rows++;
          }
        }
      }
      return rows;
    }

    private ObjectFormat.Preparer<T> preparer(List<RangeItem<Message>> items) {
      return rows == null
          ? format.preparer(items)
          : index -> format.prepare(rows.apply(items.get(index)));
    }

    private Message row(RangeItem<Message> item) {
      return rows == null ? item.value() : rows.apply(item);
    }

    /** All that was made of a record, or nothing of it: then it is excluded. */
    private void prepare(ObjectFormat.Preparer<T> preparer, int from, int to, List<T> prepared) {
      prepared.clear();
      try {
        for (int i = from; i < to; i++) {
          prepared.add(preparer.prepare(i));
        }
      } catch (MalformedMessageException e) {
        prepared.clear();
        exclude(range.items().get(from), e.getMessage());
      }
    }

    private void exclude(RangeItem<Message> item, String reason) {
      excluded.putIfAbsent(item.position(), new Exclusion(item.position(), reason));
    }

    /** Metadata that says it all, or where the exclusions are, which are stored first then. */
    private CompletionStage<Map<String, String>> metadata(CommitRecord record) {
      Optional<Map<String, String>> whole = record.metadata();
      if (whole.isPresent()) {
        return CompletableFuture.completedFuture(whole.get());
      }
      String key =
          settings.exclusionsPrefix()
              + RangeName.identity(range.start())
              + "-"
              + range.writer()
              + "-"
              + range.attempt()
              + ".json";
      return putBytes(
              io.millrace.connectors.message.Json.write(record.json()), key, Map.of(), false)
          .thenApply(put -> record.metadata(key));
    }

    // --- several objects and a manifest ---

    CompletionStage<Commit> storeAll() {
      Map<String, List<RangeItem<Message>>> partitions = partitions();
      List<String> prefixes = List.copyOf(partitions.keySet());
      Manifest.DataObject[] objects = new Manifest.DataObject[prefixes.size()];
      return Pump.run(
              prefixes.size(),
              OBJECTS_AT_A_TIME,
              executor,
              i ->
                  storePartition(prefixes.get(i), partitions.get(prefixes.get(i)))
                      .thenAccept(object -> objects[i] = object))
          .thenComposeAsync(nothing -> putManifest(objects), executor);
    }

    /** Items by where they go, in the order in which each place first appears. */
    private Map<String, List<RangeItem<Message>>> partitions() {
      KeyPattern pattern = KeyPattern.parse(names.dataPrefix());
      Map<String, List<RangeItem<Message>>> partitions = new LinkedHashMap<>();
      String overflow = pattern.forOverflow();
      long overflowing = 0;
      List<RangeItem<Message>> items = range.items();
      for (int from = 0, to; from < items.size(); from = to) {
        to = endOfRecord(items, from);
        List<RangeItem<Message>> ofRecord = items.subList(from, to);
        try {
          List<String> prefixes = new ArrayList<>();
          for (RangeItem<Message> item : ofRecord) {
            Message row = row(item);
            format.prepare(row);
            prefixes.add(checkedPrefix(pattern, row));
          }
          for (int i = 0; i < prefixes.size(); i++) {
            String prefix = prefixes.get(i);
            if (!partitions.containsKey(prefix)
                && partitions.size() - (partitions.containsKey(overflow) ? 1 : 0)
                    >= settings.maxPartitions) {
              prefix = overflow;
              overflowing++;
            }
            partitions.computeIfAbsent(prefix, p -> new ArrayList<>()).add(ofRecord.get(i));
          }
        } catch (MalformedMessageException e) {
          exclude(ofRecord.get(0), e.getMessage());
        }
      }
      if (overflowing > 0) {
        sayOverflow(overflowing, overflow);
      }
      return partitions;
    }

    private void sayOverflow(long items, String overflow) {
      long before = overflows.getAndAdd(items);
      // the first time, and each time that it has become ten times as many
      if (before == 0 || Long.toString(before).length() < Long.toString(before + items).length()) {
        LOG.warn(
            "{} has more than {} partitions: {} records went to s3://{}/{} instead ({} since the"
                + " start); raise maxPartitions, or take a field with fewer values",
            range.describe(),
            settings.maxPartitions,
            items,
            names.bucket(),
            overflow,
            before + items);
      }
    }

    private String checkedPrefix(KeyPattern pattern, Message message) {
      String prefix = pattern.forRecord(message.readJson());
      String key = names.dataKey(prefix, range.start(), range.writer(), range.attempt());
      int bytes = RangeName.bytes(key);
      if (bytes > RangeName.MAX_KEY_BYTES) {
        throw new MalformedMessageException(
            "its key would have "
                + bytes
                + " bytes, and S3 takes 1024: the values of "
                + String.join(", ", pattern.fields().stream().map(FieldPath::text).toList())
                + " are too long");
      }
      return prefix;
    }

    private CompletionStage<Manifest.DataObject> storePartition(
        String prefix, List<RangeItem<Message>> items) {
      String key = names.dataKey(prefix, range.start(), range.writer(), range.attempt());
      SpillBuffer content = new SpillBuffer(area);
      try (SpillBuffer closed = content;
          ObjectFormat.File<T> file = format.open(closed)) {
        ObjectFormat.Preparer<T> preparer = preparer(items);
        for (int i = 0; i < items.size(); i++) {
          file.write(preparer.prepare(i));
        }
      } catch (IOException | RuntimeException | Error e) {
        content.release();
        return CompletableFuture.failedFuture(e);
      }
      return store
          .put(target(key, Map.of(), false), content)
          .thenApply(put -> new Manifest.DataObject(key, items.size(), content.size()))
          .whenComplete((object, error) -> content.release());
    }

    private CompletionStage<Commit> putManifest(Manifest.DataObject[] objects) {
      CommitRecord record = CommitRecord.of(range, List.copyOf(excluded.values()));
      Manifest manifest = new Manifest(record, names.dataPrefix(), List.of(objects));
      long bytes = manifest.objects().stream().mapToLong(Manifest.DataObject::bytes).sum();
      return putBytes(manifest.bytes(), names.commitKey(), Map.of(), true)
          .thenComposeAsync(
              put ->
                  put == ObjectStore.Put.DONE
                      ? CompletableFuture.completedFuture(
                          new Commit(record.end(), record.exclusions(), true, bytes))
                      : adopt(bytes),
              executor);
    }

    // --- what is there already ---

    /** What another writer, or an earlier attempt, has committed. */
    CompletionStage<Optional<Commit>> find() {
      return (names.isManifest() ? findManifest() : findObject())
          .thenApply(
              found ->
                  found.map(record -> new Commit(record.end(), record.exclusions(), false, 0)));
    }

    private CompletionStage<Commit> adopt(long bytes) {
      return (names.isManifest() ? findManifest() : findObject())
          .thenApply(
              found -> {
                CommitRecord record =
                    found.orElseThrow(
                        () ->
                            SinkException.passing(
                                "S3 says that "
                                    + names.commitUri()
                                    + " is there, and then that it is not; trying again",
                                null));
                // an answer that got lost, and the SDK's next attempt, which met this call's own
                boolean own = record.isBy(range);
                return new Commit(record.end(), record.exclusions(), own, own ? bytes : 0);
              });
    }

    private CompletionStage<Optional<CommitRecord>> findObject() {
      return store
          .head(names.bucket(), names.commitKey())
          .thenComposeAsync(
              found ->
                  found.isEmpty()
                      ? CompletableFuture.completedFuture(Optional.empty())
                      : read(found.get()).thenApply(Optional::of),
              executor);
    }

    private CompletionStage<CommitRecord> read(HeadObjectResponse head) {
      CommitRecord.InMetadata found =
          CommitRecord.fromMetadata(head.metadata())
              .filter(m -> m.commit().isAbout(range))
              .orElseThrow(this::foreign);
      objectBytes = head.contentLength() == null ? CommitRecord.UNKNOWN : head.contentLength();
      objectRows = found.commit().rows();
      if (found.exclusionsKey().isEmpty()) {
        return CompletableFuture.completedFuture(found.commit());
      }
      String key = found.exclusionsKey().get();
      return store
          .get(names.bucket(), key)
          .thenApply(
              bytes ->
                  bytes
                      .flatMap(CommitRecord::fromBytes)
                      .map(full -> found.commit().withExclusions(full.exclusions()))
                      .orElseThrow(
                          () ->
                              SinkException.needsSomebody(
                                  names.commitUri()
                                      + " says that its exclusions are in s3://"
                                      + names.bucket()
                                      + "/"
                                      + key
                                      + ", which is gone or damaged; put it back from a backup or"
                                      + " an older version",
                                  null)));
    }

    private CompletionStage<Optional<CommitRecord>> findManifest() {
      return store
          .get(names.bucket(), names.commitKey())
          .thenApply(
              found ->
                  found.map(
                      bytes -> {
                        Manifest manifest =
                            Manifest.parse(bytes)
                                .filter(m -> m.commit().isAbout(range))
                                .orElseThrow(this::foreign);
                        if (!manifest.dataPrefix().equals(names.dataPrefix())) {
                          throw SinkException.needsSomebody(
                              names.commitUri()
                                  + " is the manifest of a pipeline that writes to "
                                  + manifest.dataPrefix()
                                  + " and not to "
                                  + names.dataPrefix()
                                  + "; two pipelines need two manifestPrefixes",
                              null);
                        }
                        return manifest.commit();
                      }));
    }

    private SinkException foreign() {
      return SinkException.needsSomebody(
          names.commitUri()
              + " is there, and is not the commit record of this range; move it away, or give the"
              + " pipeline a prefix of its own",
          null);
    }

    // --- helpers ---

    private ObjectStore.Target target(String key, Map<String, String> metadata, boolean ifAbsent) {
      return new ObjectStore.Target(
          names.bucket(), key, names.format().contentType(), metadata, ifAbsent);
    }

    private CompletionStage<ObjectStore.Put> putBytes(
        byte[] bytes, String key, Map<String, String> metadata, boolean ifAbsent) {
      SpillBuffer content = new SpillBuffer(area);
      try (SpillBuffer closed = content) {
        closed.write(bytes, 0, bytes.length);
      } catch (IOException e) {
        content.release();
        return CompletableFuture.failedFuture(e);
      }
      return store
          .put(
              new ObjectStore.Target(names.bucket(), key, "application/json", metadata, ifAbsent),
              content)
          .whenComplete((put, error) -> content.release());
    }
  }

  /** Items of one record stand together: they are stored together, or not at all. */
  private static int endOfRecord(List<RangeItem<Message>> items, int from) {
    int to = from + 1;
    while (to < items.size() && isOfOneRecord(items.get(to), items.get(from))) {
      to++;
    }
    return to;
  }

  /** Items of one record follow each other with rising ordinals, and the first has ordinal 0. */
  private static boolean isOfOneRecord(RangeItem<Message> later, RangeItem<Message> earlier) {
    return later.ordinal() > 0 && later.position().equals(earlier.position());
  }
}
