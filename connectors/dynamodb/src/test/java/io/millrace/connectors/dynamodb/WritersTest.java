package io.millrace.connectors.dynamodb;

import static io.millrace.connectors.dynamodb.Items.item;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.kcl.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemResponse;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsResponse;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/** Answers that DynamoDB Local does not give when it is asked. */
class WritersTest {

  private static final ItemMapping MAPPING =
      ItemMapping.builder("id").attribute(AttributeMapping.of("n", "n", AttributeType.N)).build();

  @Test
  void rows_that_a_batch_has_not_processed_are_throttled_and_the_others_are_stored() {
    DynamoDbAsyncClient client =
        new Fake() {
          @Override
          public CompletableFuture<BatchWriteItemResponse> batchWriteItem(
              BatchWriteItemRequest request) {
            List<WriteRequest> all = request.requestItems().get("rows");
            return CompletableFuture.completedFuture(
                BatchWriteItemResponse.builder()
                    .unprocessedItems(Map.of("rows", List.of(all.get(1))))
                    .build());
          }
        };
    List<Verdict> verdicts =
        new BatchWriter(client, "rows", MAPPING)
            .write(List.of(write(1, Operation.PUT), write(2, Operation.PUT)))
            .toCompletableFuture()
            .join();
    assertThat(verdicts.get(0)).isEqualTo(new Verdict.Stored());
    assertThat(verdicts.get(1)).isInstanceOf(Verdict.Throttled.class);
  }

  @Test
  void a_cancelled_transaction_is_judged_by_its_reasons() {
    assertThat(cancelled("ConditionalCheckFailed", "None")).isEqualTo(new Verdict.Stale());
    assertThat(cancelled("None", "TransactionConflict")).isInstanceOf(Verdict.Busy.class);
    assertThat(cancelled("None", "ThrottlingError")).isInstanceOf(Verdict.Throttled.class);
    assertThat(cancelled("ProvisionedThroughputExceeded", "None"))
        .isInstanceOf(Verdict.Throttled.class);
    assertThat(cancelled("None", "ValidationError"))
        .isInstanceOfSatisfying(
            Verdict.Unfit.class,
            unfit -> assertThat(unfit.why()).hasMessage("DynamoDB refuses the row: of reason 1."));
  }

  private static Verdict cancelled(String... codes) {
    List<CancellationReason> reasons = new ArrayList<>();
    for (int i = 0; i < codes.length; i++) {
      reasons.add(CancellationReason.builder().code(codes[i]).message("of reason " + i).build());
    }
    DynamoDbAsyncClient client =
        new Fake() {
          @Override
          public CompletableFuture<TransactWriteItemsResponse> transactWriteItems(
              TransactWriteItemsRequest request) {
            return CompletableFuture.failedFuture(
                TransactionCanceledException.builder().cancellationReasons(reasons).build());
          }
        };
    OwnAttributes own =
        new OwnAttributes("_seq", "_deleted", "_ttl", Duration.ofHours(1), Duration.ofHours(24));
    return new OrderedWriter(
            client, "rows", new Requests("rows", MAPPING, own, false), new ManualClock())
        .write(List.of(write(1, Operation.INCREMENT)))
        .toCompletableFuture()
        .join()
        .get(0);
  }

  private static Write write(int number, Operation operation) {
    return MAPPING.apply(
        new RecordView("orders", Items.SHARD, item(number, "{'id':'k" + number + "','n':1}")),
        operation,
        List.of());
  }

  private static class Fake implements DynamoDbAsyncClient {
    @Override
    public String serviceName() {
      return "dynamodb";
    }

    @Override
    public void close() {}
  }
}
