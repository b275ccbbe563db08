package io.millrace.lease.dynamodb;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.lease.Application;
import io.millrace.lease.FailedCondition;
import io.millrace.lease.HeldLease;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseScan;
import io.millrace.lease.LeaseScan.UnreadableRow;
import io.millrace.lease.LeaseStore;
import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.LeaseStoreException.Kind;
import io.millrace.lease.PendingCheckpoint;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionPage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.GetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;

/**
 * The lease store on DynamoDB: one table for each application, whose only key is {@code leaseKey}.
 * {@link LeaseTable} creates it.
 *
 * <p>Every write but the deletion of a finished lease is one conditional {@code UpdateItem} of one
 * row, so attributes that this version does not know survive it. Reads are consistent. The worker
 * needs {@code dynamodb:GetItem}, {@code UpdateItem}, {@code DeleteItem} and {@code Scan} on the
 * table.
 *
 * <p>Calls do not block. Stages complete on the client's completion executor. The clients belong to
 * the caller, who closes them after the store's last use. Thread-safe.
 */
public final class DynamoDbLeaseStore implements LeaseStore {

  private final DynamoDbAsyncClient client;
  private final DynamoDbAsyncClient beatClient;
  private final String table;
  private final AwsRequestOverrideConfiguration requestOverrides;
  private final AwsRequestOverrideConfiguration beatOverrides;

  private DynamoDbLeaseStore(Builder builder) {
    client = builder.client;
    beatClient = builder.beatClient;
    table = builder.table;
    requestOverrides = within(builder.requestTimeout, builder.requestTimeout.dividedBy(2));
    // the next heartbeat is the second attempt
    beatOverrides = within(builder.beatTimeout, builder.beatTimeout);
  }

  /**
   * Starts to build a store.
   *
   * @param client for all requests, heartbeats too unless {@link Builder#beatClient} says otherwise
   * @param table the table's name or ARN
   */
  public static Builder builder(DynamoDbAsyncClient client, String table) {
    return new Builder(client, table);
  }

  private static AwsRequestOverrideConfiguration within(Duration timeout, Duration attempt) {
    return AwsRequestOverrideConfiguration.builder()
        .apiCallTimeout(timeout)
        .apiCallAttemptTimeout(attempt)
        .build();
  }

  /** Not thread-safe. */
  public static final class Builder {

    private final DynamoDbAsyncClient client;
    private final String table;
    private DynamoDbAsyncClient beatClient;
    private Duration beatTimeout = Duration.ofSeconds(1);
    private Duration requestTimeout = Duration.ofSeconds(5);

    private Builder(DynamoDbAsyncClient client, String table) {
      this.client = Objects.requireNonNull(client, "client");
      this.beatClient = client;
      this.table = Objects.requireNonNull(table, "table");
      if (table.isBlank()) {
        throw new IllegalArgumentException("The name of the lease table is blank: '" + table + "'");
      }
    }

    /**
     * A client for heartbeats alone, so that a connection pool full of slow requests cannot delay
     * them. Default: the one for everything.
     */
    public Builder beatClient(DynamoDbAsyncClient newBeatClient) {
      beatClient = Objects.requireNonNull(newBeatClient, "beatClient");
      return this;
    }

    /**
     * How long one heartbeat may take, the client's retries included; at most the interval between
     * heartbeats, so that one that hangs is over when the next is due. Default 1 s, the default
     * interval.
     */
    public Builder beatTimeout(Duration newBeatTimeout) {
      beatTimeout = positive("beatTimeout", newBeatTimeout);
      return this;
    }

    /**
     * How long any other request may take, the client's retries included; each page of a scan is
     * one request. One attempt gets half of it, so that a connection that hangs leaves time for a
     * second. Default 5 s, below the default failover time.
     */
    public Builder requestTimeout(Duration newRequestTimeout) {
      requestTimeout = positive("requestTimeout", newRequestTimeout);
      return this;
    }

    private static Duration positive(String name, Duration value) {
      if (value.isNegative() || value.isZero()) {
        throw new IllegalArgumentException(name + " is not positive: " + value);
      }
      return value;
    }

    public DynamoDbLeaseStore build() {
      return new DynamoDbLeaseStore(this);
    }
  }

  // ---- the application row

  @Override
  public CompletionStage<Optional<Application>> readApplication() {
    return get(PageItems.APPLICATION_KEY, PageItems::readApplication);
  }

  @Override
  public CompletionStage<Application> createApplication(Application application) {
    return update(
        PageItems.createApplication(application),
        PageItems::readApplication,
        Function.identity(),
        old -> old.orElseThrow(() -> vanished(PageItems.APPLICATION_KEY)));
  }

  @Override
  public CompletionStage<Application> markInitialised() {
    return update(
        PageItems.markInitialised(),
        PageItems::readApplication,
        Function.identity(),
        old -> {
          throw new LeaseStoreException(
              Kind.INVALID,
              "Cannot mark $application as initialised: there is none in table '" + table + "'",
              null);
        });
  }

  // ---- sessions

  @Override
  public CompletionStage<Optional<SessionPage>> readPage(int page) {
    return get(PageItems.pageKey(page), item -> PageItems.readPage(page, item));
  }

  @Override
  public CompletionStage<SessionPage> createPage(int page) {
    CompletionStage<Boolean> counted =
        page <= 0
            ? CompletableFuture.completedFuture(true)
            : update(
                PageItems.raisePageCount(page),
                item -> PageItems.readPage(0, item),
                raised -> true,
                Optional::isPresent);
    Update creation = PageItems.createPage(page);
    CompletableFuture<SessionPage> result = new CompletableFuture<>();
    counted
        .thenCompose(
            firstExists -> {
              if (!firstExists) {
                throw new LeaseStoreException(
                    Kind.INVALID,
                    "Cannot create $sessions/" + page + ": there is no $sessions/0",
                    null);
              }
              return updatePage(
                  page,
                  creation,
                  Function.identity(),
                  old -> old.orElseThrow(() -> vanished(creation.key())));
            })
        .whenComplete(
            (created, error) -> {
              if (error == null) {
                result.complete(created);
              } else {
                result.completeExceptionally(Failures.unwrap(error));
              }
            });
    return result;
  }

  @Override
  public CompletionStage<JoinResult> join(Session session) {
    return updatePage(
        session.id().page(),
        PageItems.join(session),
        JoinResult.Joined::new,
        old -> FailedCondition.join(session, old));
  }

  @Override
  public CompletionStage<BeatResult> beat(Session session) {
    int page = session.id().page();
    return update(
        beatClient,
        beatOverrides,
        PageItems.beat(session),
        item -> PageItems.readPage(page, item),
        BeatResult.Alive::new,
        old -> FailedCondition.beat(session.id(), old));
  }

  @Override
  public CompletionStage<ExpireResult> expire(SessionId session, long observedBeat) {
    return updatePage(
        session.page(),
        PageItems.expire(session, observedBeat),
        page -> new ExpireResult.Gone(true),
        old -> FailedCondition.expire(session, old));
  }

  @Override
  public CompletionStage<Optional<SessionPage>> leave(SessionId session) {
    return updatePage(session.page(), PageItems.leave(session), Optional::of, Function.identity());
  }

  @Override
  public CompletionStage<Optional<SessionPage>> bump() {
    return updatePage(0, PageItems.bump(), Optional::of, Function.identity());
  }

  private <T> CompletionStage<T> updatePage(
      int page,
      Update update,
      Function<SessionPage, T> done,
      Function<Optional<SessionPage>, T> failed) {
    return update(update, item -> PageItems.readPage(page, item), done, failed);
  }

  // ---- leases

  @Override
  public CompletionStage<LeaseScan> scan() {
    return call(
        "Scan",
        null,
        () -> scanFrom(null, new ArrayList<>(), new ArrayList<>()),
        (scan, error) -> failOr(error, scan));
  }

  /** One page after the other; a page holds up to 1 MB, some thousand leases. */
  private CompletableFuture<LeaseScan> scanFrom(
      Map<String, AttributeValue> from, List<Lease> leases, List<UnreadableRow> unreadable) {
    return client
        .scan(
            ScanRequest.builder()
                .tableName(table)
                .consistentRead(true)
                .exclusiveStartKey(from)
                .overrideConfiguration(requestOverrides)
                .build())
        .thenCompose(
            page -> {
              for (Map<String, AttributeValue> item : page.items()) {
                if (LeaseItems.isLease(item)) {
                  try {
                    leases.add(LeaseItems.read(item));
                  } catch (UnreadableRowException e) {
                    unreadable.add(new UnreadableRow(keyOf(item), e.getMessage()));
                  }
                }
              }
              if (page.hasLastEvaluatedKey() && !page.lastEvaluatedKey().isEmpty()) {
                return scanFrom(page.lastEvaluatedKey(), leases, unreadable);
              }
              leases.sort(Comparator.comparing(Lease::key));
              unreadable.sort(Comparator.comparing(UnreadableRow::key));
              return CompletableFuture.completedFuture(new LeaseScan(leases, unreadable));
            });
  }

  private static String keyOf(Map<String, AttributeValue> item) {
    AttributeValue key = item.get(LeaseItems.KEY);
    return key == null ? item.keySet().toString() : Objects.requireNonNullElse(key.s(), "" + key);
  }

  @Override
  public CompletionStage<Optional<Lease>> readLease(LeaseKey key) {
    return get(key.value(), LeaseItems::read);
  }

  @Override
  public CompletionStage<Lease> create(Lease lease) {
    Update creation = LeaseItems.create(lease);
    return update(
        creation,
        LeaseItems::read,
        Function.identity(),
        old -> old.orElseThrow(() -> vanished(creation.key())));
  }

  @Override
  public CompletionStage<OwnerResult> claim(
      Lease seen, SessionId claimant, OptionalLong startAtMillis) {
    return updateLease(
        LeaseItems.claim(seen, claimant, startAtMillis),
        old -> FailedCondition.claim(seen, claimant, old));
  }

  @Override
  public CompletionStage<OwnerResult> checkpoint(
      HeldLease held, Checkpoint previous, Checkpoint next) {
    if (next.isShardEnd()) {
      throw new IllegalArgumentException("SHARD_END of " + held.key() + " goes through endShard");
    }
    return updateLease(
        LeaseItems.checkpoint(held, previous, next),
        old -> FailedCondition.checkpoint(held, next, old));
  }

  @Override
  public CompletionStage<OwnerResult> prepare(
      HeldLease held,
      Checkpoint previous,
      PendingCheckpoint previousPending,
      PendingCheckpoint pending) {
    return updateLease(
        LeaseItems.prepare(held, previous, previousPending, pending),
        old -> FailedCondition.prepare(held, pending, old));
  }

  @Override
  public CompletionStage<OwnerResult> endShard(
      HeldLease held, Checkpoint previous, SortedSet<LeaseKey> children, long endedAtMillis) {
    return updateLease(
        LeaseItems.endShard(held, previous, children, endedAtMillis),
        old -> FailedCondition.endShard(held, old));
  }

  @Override
  public CompletionStage<OwnerResult> announce(HeldLease held, SessionId heir) {
    return updateLease(LeaseItems.announce(held, heir), FailedCondition::announce);
  }

  @Override
  public CompletionStage<OwnerResult> handOff(HeldLease held, Optional<SessionId> successor) {
    return updateLease(
        LeaseItems.handOff(held, successor), old -> FailedCondition.handOff(held, successor, old));
  }

  @Override
  public CompletionStage<DeleteResult> delete(Lease seen) {
    Update names = Update.of(seen.key().value());
    DeleteItemRequest request =
        DeleteItemRequest.builder()
            .tableName(table)
            .key(Map.of(LeaseItems.KEY, Update.text(seen.key().value())))
            .conditionExpression("#c = :end AND #n = :counter")
            .expressionAttributeNames(Map.of("#c", LeaseItems.CHECKPOINT, "#n", LeaseItems.COUNTER))
            .expressionAttributeValues(
                Map.of(
                    ":end",
                    Update.text(Checkpoint.SHARD_END.text()),
                    ":counter",
                    Update.number(seen.counter())))
            .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
            .overrideConfiguration(requestOverrides)
            .build();
    return call(
        "DeleteItem",
        names.key(),
        () -> client.deleteItem(request),
        (response, error) -> {
          if (error instanceof ConditionalCheckFailedException conflict) {
            return FailedCondition.delete(conflict.hasItem() && !conflict.item().isEmpty());
          }
          return failOr(error, DeleteResult.GONE);
        });
  }

  private CompletionStage<OwnerResult> updateLease(
      Update update, Function<Optional<Lease>, OwnerResult> failed) {
    return update(update, LeaseItems::read, OwnerResult.Done::new, failed);
  }

  // ---- requests

  private <R> CompletionStage<Optional<R>> get(
      String key, Function<Map<String, AttributeValue>, R> read) {
    GetItemRequest request =
        GetItemRequest.builder()
            .tableName(table)
            .key(Map.of(LeaseItems.KEY, Update.text(key)))
            .consistentRead(true)
            .overrideConfiguration(requestOverrides)
            .build();
    return call(
        "GetItem",
        key,
        () -> client.getItem(request),
        (response, error) ->
            failOr(error, response).hasItem() && !response.item().isEmpty()
                ? Optional.of(read.apply(response.item()))
                : Optional.empty());
  }

  private <R, T> CompletionStage<T> update(
      Update update,
      Function<Map<String, AttributeValue>, R> read,
      Function<R, T> done,
      Function<Optional<R>, T> failed) {
    return update(client, requestOverrides, update, read, done, failed);
  }

  /**
   * @param read the row, new or old
   * @param done what the new row means
   * @param failed what the old row means after a failed condition, empty if there was none
   */
  private <R, T> CompletionStage<T> update(
      DynamoDbAsyncClient through,
      AwsRequestOverrideConfiguration overrides,
      Update update,
      Function<Map<String, AttributeValue>, R> read,
      Function<R, T> done,
      Function<Optional<R>, T> failed) {
    return call(
        "UpdateItem",
        update.key(),
        () -> through.updateItem(update.request(table).overrideConfiguration(overrides).build()),
        (response, error) -> {
          if (error instanceof ConditionalCheckFailedException conflict) {
            return failed.apply(
                conflict.hasItem() && !conflict.item().isEmpty()
                    ? Optional.of(read.apply(conflict.item()))
                    : Optional.empty());
          }
          return done.apply(read.apply(failOr(error, response).attributes()));
        });
  }

  /** Rethrows an error, to be translated once, or gives the value back. */
  private static <T> T failOr(Throwable error, T value) {
    if (error instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    if (error instanceof Error serious) {
      throw serious;
    }
    if (error != null) {
      throw new IllegalStateException(error.toString(), error);
    }
    return value;
  }

  /** Sends a request; whatever goes wrong becomes a {@link LeaseStoreException} of the stage. */
  private <A, T> CompletionStage<T> call(
      String operation,
      String row,
      Supplier<CompletableFuture<A>> request,
      BiFunction<A, Throwable, T> answer) {
    CompletableFuture<T> result = new CompletableFuture<>();
    try {
      request
          .get()
          .whenComplete(
              (response, error) -> {
                try {
                  result.complete(answer.apply(response, Failures.unwrap(error)));
                } catch (Throwable e) {
                  // an Error too: a stage that never completes is a shard that hangs
                  result.completeExceptionally(Failures.translate(e, operation, table, row));
                }
              });
    } catch (RuntimeException e) {
      result.completeExceptionally(Failures.translate(e, operation, table, row));
    }
    return result;
  }

  private LeaseStoreException vanished(String key) {
    return new LeaseStoreException(
        Kind.NO_ANSWER,
        "Row '" + key + "' in table '" + table + "' was there and is not: repeat the creation",
        null);
  }
}
