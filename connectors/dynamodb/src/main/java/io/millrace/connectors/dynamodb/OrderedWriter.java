package io.millrace.connectors.dynamodb;

import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.kcl.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

/** One conditional write a record. */
final class OrderedWriter implements Writer {

  private static final String CONDITION_FAILED = "ConditionalCheckFailed";
  private static final String NO_REASON = "None";

  private final DynamoDbAsyncClient client;
  private final String table;
  private final Requests requests;
  private final Clock clock;

  OrderedWriter(DynamoDbAsyncClient client, String table, Requests requests, Clock clock) {
    this.client = client;
    this.table = table;
    this.requests = requests;
    this.clock = clock;
  }

  @Override
  public int most() {
    return 1;
  }

  @Override
  public long mostBytes() {
    return Long.MAX_VALUE;
  }

  @Override
  public CompletionStage<List<Verdict>> write(List<Write> writes) {
    Write write = writes.get(0);
    CompletionStage<Verdict> verdict =
        switch (write.operation()) {
          case PUT, DELETE ->
              send(
                  () -> client.putItem(requests.put(write, clock.wallMillis())),
                  error -> judge(error, "PutItem"));
          case UPDATE ->
              send(
                  () -> client.updateItem(requests.update(write)),
                  error -> judge(error, "UpdateItem"));
          case INCREMENT ->
              send(
                  () -> client.transactWriteItems(requests.increment(write, clock.wallMillis())),
                  this::judgeTransaction);
        };
    return verdict.thenApply(List::of);
  }

  private static CompletionStage<Verdict> send(
      Supplier<? extends CompletableFuture<?>> request, Function<Throwable, Verdict> failed) {
    CompletableFuture<?> call;
    try {
      call = request.get();
    } catch (RuntimeException e) {
      call = CompletableFuture.failedFuture(e);
    }
    return call.handle(
        (response, error) ->
            error == null ? new Verdict.Stored() : failed.apply(Failures.unwrap(error)));
  }

  private Verdict judge(Throwable error, String operation) {
    if (error instanceof ConditionalCheckFailedException refused) {
      // equal to ours: an earlier attempt whose answer got lost; greater: something newer
      String foreign = requests.foreignPosition(refused.hasItem() ? refused.item() : null);
      return foreign == null
          ? new Verdict.Stale()
          : new Verdict.Unfit(new MalformedMessageException(foreign, refused));
    }
    return Failures.judge(error, operation, table);
  }

  private Verdict judgeTransaction(Throwable error) {
    if (error instanceof TransactionCanceledException cancelled
        && cancelled.hasCancellationReasons()) {
      List<CancellationReason> reasons = cancelled.cancellationReasons();
      if (CONDITION_FAILED.equals(reasons.get(0).code())) {
        return new Verdict.Stale(); // the marker is there
      }
      for (CancellationReason reason : reasons) {
        if (reason.code() != null && !NO_REASON.equals(reason.code())) {
          return Failures.judge(
              new Failures.Reason(
                  reason.code(), Failures.sentence(String.valueOf(reason.message())), cancelled),
              "TransactWriteItems",
              table);
        }
      }
    }
    return Failures.judge(error, "TransactWriteItems", table);
  }
}
