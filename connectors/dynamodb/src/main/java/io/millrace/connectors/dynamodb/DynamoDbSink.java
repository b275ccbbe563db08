package io.millrace.connectors.dynamodb;

import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Outcome;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.RecordSink;
import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.exec.DaemonThreads;
import io.millrace.kcl.exec.TimerThread;
import io.millrace.kcl.time.Clock;
import io.millrace.kcl.time.RandomSource;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

// Why a condition on every write, and no commit record of a range as in a file: the rows of a range
// cannot be stored at once, so after a crash some of them are there. The condition makes storing
// them again harmless one by one, and it holds against writers that should not be there any more:
// the table decides, whoever asks. What it costs is a position in every row, and that a deleted row
// has to stay for a while, for without it the next late put would find nothing to compare with.
//
// The condition alone does not keep the order of one worker's own writes to a row: two under way
// at the same time may arrive the other way round, and the earlier one is then a "duplicate" though
// an update of other attributes was lost. Hence one write of a row at a time, in lanes.
/**
 * Stores records as rows of a DynamoDB table, as a mapping says: each row changes in the order of
 * the records that have its key, each record changes it once, whatever is repeated.
 *
 * <p>That holds where the records of one row come from one shard at a time, which they do if a
 * record's partition key decides its row; positions of different shards say nothing about order.
 *
 * <p>Thread-safe. Nothing blocks but {@link #createTable} and {@link #close}.
 */
public final class DynamoDbSink implements RecordSink<Message> {

  private static final Pattern TABLE_NAME = Pattern.compile("[a-zA-Z0-9_.-]{3,255}");
  private static final int THREADS = 2;
  private static final int MOST_CONCURRENCY = 1_000;
  private static final int MOST_UNITS = 1_000_000;
  private static final Duration LEAST_TOMBSTONE_AGE = Duration.ofHours(1);
  private static final Duration LEAST_MARKER_AGE = Duration.ofHours(24);
  private static final Duration LEAST_TIMEOUT = Duration.ofMillis(100);
  private static final Duration MOST_TIMEOUT = Duration.ofMinutes(1);

  private final String table;
  private final ItemMapping mapping;
  private final Mode mode;
  private final OperationRule operation;
  private final OwnAttributes own;
  private final TargetTable target;
  private final Dispatcher dispatcher;
  private final Runnable close;

  private final Object keyLock = new Object();
  private CompletableFuture<Void> keyCheck;

  private DynamoDbSink(Builder builder) {
    table = builder.table;
    mapping = builder.mapping;
    mode = builder.mode;
    operation = builder.operation;
    own = builder.own();
    ExecutorService executor = DaemonThreads.pool("connector-dynamodb", THREADS, Integer.MAX_VALUE);
    TimerThread timer = new TimerThread("connector-dynamodb-timer");
    Client made =
        builder.client != null
            ? null
            : Client.open(
                new Client.Target(builder.region, builder.credentials, builder.endpoint),
                builder.maxConcurrency,
                builder.timeout,
                executor);
    DynamoDbAsyncClient client = made == null ? builder.client : made.sdk();
    Timing timing = new Timing(Clock.system(), timer, RandomSource.system());
    target = new TargetTable(client, table, mapping, timer);
    Requests requests =
        new Requests(table, mapping, own, builder.operation.possible().contains(Operation.DELETE));
    Writer writer =
        mode == Mode.ORDERED
            ? new OrderedWriter(client, table, requests, timing.clock())
            : new BatchWriter(client, table, mapping);
    dispatcher =
        new Dispatcher(writer, builder.maxConcurrency, builder.maxUnitsPerSecond, timing, executor);
    close =
        () -> {
          timer.close();
          if (made != null) {
            made.close();
          }
          executor.shutdown();
        };
  }

  /**
   * Starts with what cannot be left out.
   *
   * @param table its name
   * @param mapping what of a record goes where
   */
  public static Builder builder(String table, ItemMapping mapping) {
    return new Builder(table, mapping);
  }

  /**
   * Not thread-safe. Each method says what is refused; {@link #build} what does not go together.
   */
  public static final class Builder {
    private final String table;
    private final ItemMapping mapping;
    private Mode mode = Mode.ORDERED;
    private OperationRule operation = OperationRule.always(Operation.PUT);
    private String seqAttribute = "_seq";
    private String deletedAttribute = "_deleted";
    private String ttlAttribute = "_ttl";
    private Duration tombstoneAge = Duration.ofHours(24);
    private Duration markerAge = Duration.ofDays(8);
    private int maxConcurrency = 64;
    private int maxUnitsPerSecond = 40_000;
    private Duration timeout = Duration.ofSeconds(5);
    private DynamoDbAsyncClient client;
    private String region;
    private AwsCredentialsProvider credentials;
    private URI endpoint;

    private Builder(String table, ItemMapping mapping) {
      this.table = Objects.requireNonNull(table, "table");
      this.mapping = Objects.requireNonNull(mapping, "mapping");
      requireTableName(table);
    }

    /** {@link Mode#ORDERED} by default. */
    public Builder mode(Mode newMode) {
      mode = Objects.requireNonNull(newMode, "mode");
      return this;
    }

    /** {@link Operation#PUT} by default. */
    public Builder operation(OperationRule newOperation) {
      operation = Objects.requireNonNull(newOperation, "operation");
      return this;
    }

    /** Of the record that changed the row last; {@code _seq} by default. */
    public Builder seqAttribute(String name) {
      seqAttribute = requireName("seqAttribute", name);
      return this;
    }

    /** Is true in tombstones; {@code _deleted} by default. */
    public Builder deletedAttribute(String name) {
      deletedAttribute = requireName("deletedAttribute", name);
      return this;
    }

    /** When a tombstone or a marker may be removed; {@code _ttl} by default. */
    public Builder ttlAttribute(String name) {
      ttlAttribute = requireName("ttlAttribute", name);
      return this;
    }

    /**
     * How long a tombstone stays: longer than a worker that has lost its shard can still write. At
     * least an hour; a day by default.
     */
    public Builder tombstoneAge(Duration age) {
      tombstoneAge = requireAtLeast("tombstoneAge", age, LEAST_TOMBSTONE_AGE);
      return this;
    }

    /**
     * How long the marker of an increment stays: longer than the record can still be read again. At
     * least a day; 8 days by default.
     */
    public Builder markerAge(Duration age) {
      markerAge = requireAtLeast("markerAge", age, LEAST_MARKER_AGE);
      return this;
    }

    /** Requests under way at a time, over all shards; 64 by default, 1,000 at most. */
    public Builder maxConcurrency(int requests) {
      if (requests < 1 || requests > MOST_CONCURRENCY) {
        throw new RefusedSetting(
            "maxConcurrency", "it is " + requests + "; allowed: 1 to " + MOST_CONCURRENCY);
      }
      maxConcurrency = requests;
      return this;
    }

    /** Write units a second, over all shards; 40,000 by default. Less while the table throttles. */
    public Builder maxUnitsPerSecond(int units) {
      if (units < 1 || units > MOST_UNITS) {
        throw new RefusedSetting(
            "maxUnitsPerSecond", "it is " + units + "; allowed: 1 to " + MOST_UNITS);
      }
      maxUnitsPerSecond = units;
      return this;
    }

    /** Of one request; 5 seconds by default. Has no effect on a {@link #client} handed in. */
    public Builder timeout(Duration newTimeout) {
      requireAtLeast("timeout", newTimeout, LEAST_TIMEOUT);
      if (newTimeout.compareTo(MOST_TIMEOUT) > 0) {
        throw new RefusedSetting(
            "timeout", "it is " + newTimeout + "; allowed: at most " + MOST_TIMEOUT);
      }
      timeout = newTimeout;
      return this;
    }

    /**
     * Used and not closed. It should not retry by itself: throttling is seen late then. In place of
     * {@link #connect}.
     */
    public Builder client(DynamoDbAsyncClient newClient) {
      client = Objects.requireNonNull(newClient, "client");
      return this;
    }

    /**
     * Makes a client that the sink owns.
     *
     * @param newEndpoint null for the region's public one
     */
    public Builder connect(
        String newRegion, AwsCredentialsProvider newCredentials, URI newEndpoint) {
      region = Objects.requireNonNull(newRegion, "region");
      credentials = Objects.requireNonNull(newCredentials, "credentials");
      endpoint = newEndpoint;
      return this;
    }

    /**
     * @throws IllegalArgumentException if settings do not go together; the message names one of
     *     them, and says what to do
     */
    public DynamoDbSink build() {
      validate();
      if (client == null && region == null) {
        throw new IllegalArgumentException(
            "The DynamoDB sink has neither a client nor where to connect to");
      }
      return new DynamoDbSink(this);
    }

    private OwnAttributes own() {
      return new OwnAttributes(
          seqAttribute, deletedAttribute, ttlAttribute, tombstoneAge, markerAge);
    }

    /** Whether settings go together. */
    void validate() {
      Set<Operation> possible = operation.possible();
      requireDistinctNames();
      if (mode == Mode.BATCH) {
        requireBatch(possible);
        return;
      }
      requireFreeNames(possible);
      if (possible.contains(Operation.INCREMENT)) {
        requireIncrements();
      }
    }

    private void requireBatch(Set<Operation> possible) {
      if (!possible.equals(Set.of(Operation.PUT))) {
        throw new RefusedSetting(
            "mode",
            "batch can put only, and the operation is "
                + operation
                + "; batches take no conditions. Use 'mode: ordered'");
      }
      if (!mapping.keyIsIdentity()) {
        throw new RefusedSetting(
            "mode",
            "batch needs a key that no two records share, because batches take no conditions: a"
                + " late repeat would undo a newer row. Map $position or $identity to "
                + mapping.partitionKey().attribute()
                + mapping.sortKey().map(sort -> " or " + sort.attribute()).orElse("")
                + " (type S), or use 'mode: ordered'");
      }
    }

    private void requireDistinctNames() {
      List<String> names = own().names();
      if (Set.copyOf(names).size() < names.size()) {
        throw new RefusedSetting(
            "seqAttribute",
            "seqAttribute, deletedAttribute and ttlAttribute need three names, and are "
                + String.join(", ", names));
      }
    }

    private void requireFreeNames(Set<Operation> possible) {
      boolean onlyPut = possible.equals(Set.of(Operation.PUT));
      boolean lifts =
          possible.contains(Operation.DELETE)
              && (possible.contains(Operation.UPDATE) || possible.contains(Operation.INCREMENT));
      requireFree("seqAttribute", seqAttribute, true);
      requireFree("deletedAttribute", deletedAttribute, !onlyPut);
      // a row's own expiry, mapped from a field, may share the attribute unless lifting a
      // tombstone would remove it
      requireFree("ttlAttribute", ttlAttribute, lifts);
      mapping
          .find(ttlAttribute)
          .filter(ttl -> ttl.type() != AttributeType.N)
          .ifPresent(
              ttl -> {
                throw new RefusedSetting(
                    "attributes",
                    "attribute '"
                        + ttlAttribute
                        + "' is the time to live, seconds since 1970, and of type "
                        + ttl.type()
                        + "; allowed: N");
              });
    }

    private void requireFree(String setting, String name, boolean always) {
      if (mapping.isKey(name) || (always && mapping.find(name).isPresent())) {
        throw new RefusedSetting(
            setting,
            "'"
                + name
                + "' is mapped from a field too, and the sink writes it itself. Give one of them"
                + " another name");
      }
    }

    private void requireIncrements() {
      if (mapping.isAllFields()) {
        throw new RefusedSetting(
            "attributes", "increments need it: name the attributes, those to be added with type N");
      }
      if (mapping.others().stream().noneMatch(other -> other.type() == AttributeType.N)) {
        throw new RefusedSetting(
            "attributes", "increments add the attributes of type N, and there is none");
      }
      if (mapping.partitionKey().type() == AttributeType.N) {
        throw new RefusedSetting(
            "partitionKey",
            "increments put a marker row for each record into the table, which has a text for a"
                + " key, and '"
                + mapping.partitionKey().attribute()
                + "' is of type N; allowed: S, B");
      }
    }

    private static String requireName(String setting, String name) {
      return RefusedSetting.naming(
          setting,
          () -> {
            AttributeMapping.requireName(name);
            return name;
          });
    }

    private static Duration requireAtLeast(String setting, Duration value, Duration least) {
      if (value.compareTo(least) < 0) {
        throw new RefusedSetting(setting, "it is " + value + "; allowed: at least " + least);
      }
      return value;
    }
  }

  static void requireTableName(String table) {
    if (!TABLE_NAME.matcher(table).matches()) {
      throw new RefusedSetting(
          "table",
          "'"
              + table
              + "' is no name of a table; allowed: 3 to 255 letters, digits, hyphens, dots and"
              + " underscores");
    }
  }

  /**
   * Creates the table, with the mapping's key, if it is missing; waits until it can be written to,
   * two minutes at most.
   *
   * @return whether this call created it
   * @throws SinkException if it cannot be created, or has another key
   */
  public boolean createTable(NewTable how) {
    try {
      return target.ensure(how, needsExpiry() ? own.ttl() : null).toCompletableFuture().join();
    } catch (java.util.concurrent.CompletionException e) {
      throw e.getCause() instanceof SinkException known ? known : e;
    }
  }

  /** Whether it writes rows that are to go after a while. */
  boolean needsExpiry() {
    return operation.possible().contains(Operation.DELETE)
        || operation.possible().contains(Operation.INCREMENT);
  }

  TargetTable target() {
    return target;
  }

  /** Write units a second that the table is asked for at most, at present. */
  double unitsPerSecond() {
    return dispatcher.unitsPerSecond();
  }

  @Override
  public String name() {
    return "dynamodb";
  }

  @Override
  public String toString() {
    return "dynamodb://" + table;
  }

  @Override
  public CompletionStage<List<Outcome>> deliver(RecordRange<Message> range) {
    return keyChecked().thenCompose(ignored -> send(range));
  }

  private CompletionStage<List<Outcome>> send(RecordRange<Message> range) {
    List<Outcome> known = new ArrayList<>(range.items().size());
    List<Write> writes = new ArrayList<>(range.items().size());
    for (RangeItem<Message> item : range.items()) {
      try {
        RecordView record = new RecordView(range.stream(), range.shardId(), item);
        // a batch has no conditions, so no position of its own either
        List<String> names = mode == Mode.BATCH ? List.of() : own.names();
        writes.add(mapping.apply(record, operation.choose(record), names));
        known.add(null);
      } catch (MalformedMessageException e) {
        writes.add(null);
        known.add(Outcome.poison(e));
      }
    }
    return dispatcher.deliver(known, writes);
  }

  /**
   * Once, and again after it failed: with a wrong key every record would be refused as if it were
   * its own fault.
   */
  private CompletionStage<Void> keyChecked() {
    synchronized (keyLock) {
      if (keyCheck == null || keyCheck.isCompletedExceptionally()) {
        keyCheck = new CompletableFuture<>();
        CompletableFuture<Void> check = keyCheck;
        target
            .requireKey()
            .whenComplete(
                (ignored, error) -> {
                  if (error == null) {
                    check.complete(null);
                  } else {
                    check.completeExceptionally(Failures.unwrap(error));
                  }
                });
      }
      return keyCheck;
    }
  }

  /** Ends the sink's threads and the client that it made. */
  @Override
  public void close() {
    close.run();
  }
}
