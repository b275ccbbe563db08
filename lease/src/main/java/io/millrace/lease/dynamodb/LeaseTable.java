package io.millrace.lease.dynamodb;

import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.LeaseStoreException.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.ContinuousBackupsUnavailableException;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.DescribeTableRequest;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.Tag;
import software.amazon.awssdk.services.dynamodb.model.UpdateContinuousBackupsRequest;

/**
 * The table that leases live in: found, or created at the start of an application.
 *
 * <p>Any number of workers may do this at the same time. Only a worker that starts does it: one
 * that runs never recreates a table that is gone.
 *
 * <p>Immutable and thread-safe. The client belongs to the caller.
 */
public final class LeaseTable {

  static final String EXPECTED_KEY_SCHEMA =
      "a table whose only key is the partition key leaseKey, a string (S)";

  private static final Logger LOG = LoggerFactory.getLogger(LeaseTable.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  /** What {@link #ensure} found. */
  public enum Outcome {
    /** The table was there, or another worker created it. */
    FOUND,
    /** This call created it. */
    CREATED
  }

  /** Completes a stage after a while; the only way in which time passes here. */
  @FunctionalInterface
  public interface Delay {
    CompletionStage<Void> pause(Duration duration);
  }

  private final DynamoDbAsyncClient client;
  private final String table;
  private final boolean create;
  private final Throughput throughput;
  private final Map<String, String> tags;
  private final boolean pointInTimeRecovery;
  private final boolean deletionProtection;
  private final Duration patience;
  private final Delay delay;

  /** Provisioned capacity; null stands for paying per request. */
  private record Throughput(long readUnits, long writeUnits) {}

  private LeaseTable(Builder builder) {
    client = builder.client;
    table = builder.table;
    create = builder.create;
    throughput = builder.throughput;
    tags = new TreeMap<>(builder.tags);
    pointInTimeRecovery = builder.pointInTimeRecovery;
    deletionProtection = builder.deletionProtection;
    patience = builder.patience;
    delay = builder.delay;
  }

  /**
   * Starts to describe a table.
   *
   * @param table its name; by convention that of the application
   */
  public static Builder builder(DynamoDbAsyncClient client, String table) {
    return new Builder(client, table);
  }

  /** Not thread-safe. All but {@link #create} concerns only a table that this call creates. */
  public static final class Builder {

    private final DynamoDbAsyncClient client;
    private final String table;
    private boolean create = true;
    private Throughput throughput;
    private Map<String, String> tags = Map.of();
    private boolean pointInTimeRecovery;
    private boolean deletionProtection;
    private Duration patience = Duration.ofMinutes(5);
    private Delay delay =
        pause ->
            CompletableFuture.runAsync(
                () -> {},
                CompletableFuture.delayedExecutor(pause.toMillis(), TimeUnit.MILLISECONDS));

    private Builder(DynamoDbAsyncClient client, String table) {
      this.client = Objects.requireNonNull(client, "client");
      this.table = Objects.requireNonNull(table, "table");
      if (table.isBlank()) {
        throw new IllegalArgumentException("The name of the lease table is blank: '" + table + "'");
      }
    }

    /** Whether a missing table may be created. Default: yes. */
    public Builder create(boolean newCreate) {
      create = newCreate;
      return this;
    }

    /** Provisioned capacity, in units a second. Default: pay per request. */
    public Builder provisioned(long readUnits, long writeUnits) {
      if (readUnits <= 0 || writeUnits <= 0) {
        throw new IllegalArgumentException(
            "Provisioned units are positive: read " + readUnits + ", write " + writeUnits);
      }
      throughput = new Throughput(readUnits, writeUnits);
      return this;
    }

    /** Default: none. */
    public Builder tags(Map<String, String> newTags) {
      tags = Map.copyOf(newTags);
      return this;
    }

    /**
     * Default: off. It is switched on by the worker that creates the table, as soon as that is
     * active; a table that was found is left as it is.
     */
    public Builder pointInTimeRecovery(boolean on) {
      pointInTimeRecovery = on;
      return this;
    }

    /** Default: off. */
    public Builder deletionProtection(boolean on) {
      deletionProtection = on;
      return this;
    }

    /** How long the pauses between looks at the table may add up to. Default: 5 minutes. */
    public Builder patience(Duration newPatience) {
      if (newPatience.isNegative()) {
        throw new IllegalArgumentException("patience is negative: " + newPatience);
      }
      patience = newPatience;
      return this;
    }

    /** Default: a timer of the JVM. */
    public Builder delay(Delay newDelay) {
      delay = Objects.requireNonNull(newDelay, "delay");
      return this;
    }

    public LeaseTable build() {
      return new LeaseTable(this);
    }
  }

  /**
   * Makes sure that the table exists, is usable and has the right key. Completes exceptionally with
   * a {@link LeaseStoreException}: {@link Kind#TABLE_MISSING} if it may not be created, {@link
   * Kind#INVALID} if it has another key, {@link Kind#ACCESS_DENIED}, or {@link Kind#NO_ANSWER} if
   * it is not usable within the patience given. Repeating it is harmless. Does not block.
   */
  public CompletionStage<Outcome> ensure() {
    CompletableFuture<Outcome> result = new CompletableFuture<>();
    look(new Progress(false, FIRST_PAUSE, Duration.ZERO))
        .whenComplete(
            (outcome, error) -> {
              if (error == null) {
                result.complete(outcome);
              } else {
                result.completeExceptionally(
                    Failures.translate(error, "DescribeTable", table, null));
              }
            });
    return result;
  }

  /**
   * How far one call has come.
   *
   * @param created whether this call created the table, or may have
   */
  private record Progress(boolean created, Duration nextPause, Duration waited) {

    Progress withCreated() {
      return new Progress(true, nextPause, waited);
    }

    Progress afterPause() {
      Duration doubled = nextPause.multipliedBy(2);
      return new Progress(
          created,
          doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled,
          waited.plus(nextPause));
    }
  }

  private CompletionStage<Outcome> look(Progress progress) {
    return attempt(
        () -> client.describeTable(DescribeTableRequest.builder().tableName(table).build()),
        response -> judge(response.table(), progress),
        error -> {
          if (!(error instanceof ResourceNotFoundException)) {
            return retryIfNoAnswer(error, "DescribeTable", progress, this::look);
          }
          if (!create) {
            throw new LeaseStoreException(
                Kind.TABLE_MISSING,
                "Table '"
                    + table
                    + "' does not exist, and creating it is switched off: create "
                    + EXPECTED_KEY_SCHEMA
                    + ", or allow its creation",
                error);
          }
          // also where our own creation got no answer or is not visible yet: creating again tells
          return make(progress);
        });
  }

  private CompletionStage<Outcome> judge(TableDescription description, Progress progress) {
    requireKeySchema(description);
    return switch (description.tableStatus()) {
      case ACTIVE, UPDATING -> progress.created() ? finish(progress) : done(Outcome.FOUND);
      case CREATING, DELETING ->
          pause(progress, "still " + description.tableStatusAsString(), this::look);
      default ->
          throw new LeaseStoreException(
              Kind.INVALID,
              "Table '"
                  + table
                  + "' cannot be used: its status is "
                  + description.tableStatusAsString(),
              null);
    };
  }

  private void requireKeySchema(TableDescription description) {
    List<KeySchemaElement> schema = description.keySchema();
    boolean right =
        schema.size() == 1
            && schema.get(0).keyType() == KeyType.HASH
            && schema.get(0).attributeName().equals(LeaseItems.KEY)
            && description.attributeDefinitions().stream()
                .anyMatch(
                    a ->
                        a.attributeName().equals(LeaseItems.KEY)
                            && a.attributeType() == ScalarAttributeType.S);
    if (!right) {
      Map<String, String> types =
          description.attributeDefinitions().stream()
              .collect(
                  Collectors.toMap(
                      AttributeDefinition::attributeName,
                      AttributeDefinition::attributeTypeAsString));
      String found =
          schema.stream()
              .map(
                  k ->
                      k.keyTypeAsString()
                          + " "
                          + k.attributeName()
                          + " ("
                          + types.get(k.attributeName())
                          + ")")
              .collect(Collectors.joining(", "));
      throw new LeaseStoreException(
          Kind.INVALID,
          "Table '"
              + table
              + "' is no lease table: its key is "
              + found
              + ", expected is "
              + EXPECTED_KEY_SCHEMA
              + ". Choose another application name.",
          null);
    }
  }

  private CompletionStage<Outcome> make(Progress progress) {
    return attempt(
        () -> client.createTable(creation()),
        response -> {
          LOG.info("Creating lease table {}", table);
          return pause(progress.withCreated(), "still CREATING", this::look);
        },
        error ->
            error instanceof ResourceInUseException
                ? pause(progress, "being created by another worker", this::look)
                : retryIfNoAnswer(error, "CreateTable", progress.withCreated(), this::look));
  }

  private CreateTableRequest creation() {
    CreateTableRequest.Builder request =
        CreateTableRequest.builder()
            .tableName(table)
            .keySchema(
                KeySchemaElement.builder()
                    .attributeName(LeaseItems.KEY)
                    .keyType(KeyType.HASH)
                    .build())
            .attributeDefinitions(
                AttributeDefinition.builder()
                    .attributeName(LeaseItems.KEY)
                    .attributeType(ScalarAttributeType.S)
                    .build());
    if (throughput == null) {
      request.billingMode(BillingMode.PAY_PER_REQUEST);
    } else {
      request
          .billingMode(BillingMode.PROVISIONED)
          .provisionedThroughput(
              p ->
                  p.readCapacityUnits(throughput.readUnits())
                      .writeCapacityUnits(throughput.writeUnits()));
    }
    if (!tags.isEmpty()) {
      request.tags(
          tags.entrySet().stream()
              .map(tag -> Tag.builder().key(tag.getKey()).value(tag.getValue()).build())
              .toList());
    }
    if (deletionProtection) {
      request.deletionProtectionEnabled(true);
    }
    return request.build();
  }

  private CompletionStage<Outcome> finish(Progress progress) {
    if (!pointInTimeRecovery) {
      return done(Outcome.CREATED);
    }
    return attempt(
        () ->
            client.updateContinuousBackups(
                UpdateContinuousBackupsRequest.builder()
                    .tableName(table)
                    .pointInTimeRecoverySpecification(p -> p.pointInTimeRecoveryEnabled(true))
                    .build()),
        response -> done(Outcome.CREATED),
        error ->
            error instanceof ContinuousBackupsUnavailableException
                ? pause(progress, "not ready for point-in-time recovery", this::finish)
                : retryIfNoAnswer(error, "UpdateContinuousBackups", progress, this::finish));
  }

  private static CompletionStage<Outcome> done(Outcome outcome) {
    return CompletableFuture.completedFuture(outcome);
  }

  private static <A> CompletionStage<Outcome> attempt(
      Supplier<CompletableFuture<A>> request,
      Function<A, CompletionStage<Outcome>> answered,
      Function<Throwable, CompletionStage<Outcome>> failed) {
    CompletableFuture<A> call;
    try {
      call = request.get();
    } catch (RuntimeException e) {
      call = CompletableFuture.failedFuture(e);
    }
    return call.handle(
            (response, error) ->
                error == null ? answered.apply(response) : failed.apply(Failures.unwrap(error)))
        .thenCompose(Function.identity());
  }

  private CompletionStage<Outcome> retryIfNoAnswer(
      Throwable error,
      String operation,
      Progress progress,
      Function<Progress, CompletionStage<Outcome>> again) {
    LeaseStoreException translated = Failures.translate(error, operation, table, null);
    if (translated.kind() != Kind.NO_ANSWER) {
      throw translated;
    }
    return pause(progress, translated.getMessage(), again);
  }

  private CompletionStage<Outcome> pause(
      Progress progress, String why, Function<Progress, CompletionStage<Outcome>> again) {
    if (progress.waited().plus(progress.nextPause()).compareTo(patience) > 0) {
      throw new LeaseStoreException(
          Kind.NO_ANSWER,
          "Table '" + table + "' is not usable after waiting " + progress.waited() + ": " + why,
          null);
    }
    return delay.pause(progress.nextPause()).thenCompose(v -> again.apply(progress.afterPause()));
  }
}
