package io.millrace.connectors.dynamodb;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemResponse;
import software.amazon.awssdk.services.dynamodb.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;
import software.amazon.awssdk.services.dynamodb.model.PutRequest;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/**
 * Several rows a request. A request that is refused because of one of its rows is sent again row by
 * row, so that the others are stored and that one is known.
 */
final class BatchWriter implements Writer {

  private static final int MOST_ITEMS = 25;

  /**
   * Of 16 MB, with room for the JSON around it and for numbers and bytes, which are written out.
   */
  private static final long MOST_BYTES = 8L << 20;

  private final DynamoDbAsyncClient client;
  private final String table;
  private final ItemMapping mapping;

  BatchWriter(DynamoDbAsyncClient client, String table, ItemMapping mapping) {
    this.client = client;
    this.table = table;
    this.mapping = mapping;
  }

  @Override
  public int most() {
    return MOST_ITEMS;
  }

  @Override
  public long mostBytes() {
    return MOST_BYTES;
  }

  @Override
  public CompletionStage<List<Verdict>> write(List<Write> writes) {
    List<WriteRequest> puts = new ArrayList<>(writes.size());
    for (Write write : writes) {
      puts.add(
          WriteRequest.builder()
              .putRequest(PutRequest.builder().item(write.item()).build())
              .build());
    }
    BatchWriteItemRequest request =
        BatchWriteItemRequest.builder().requestItems(Map.of(table, puts)).build();
    return attempt(() -> client.batchWriteItem(request))
        .handle(
            (response, error) ->
                error == null
                    ? CompletableFuture.completedFuture(verdicts(writes, response))
                    : refused(writes, Failures.unwrap(error)))
        .thenCompose(stage -> stage);
  }

  private List<Verdict> verdicts(List<Write> writes, BatchWriteItemResponse response) {
    Set<ItemKey> unprocessed = new HashSet<>();
    for (WriteRequest left : response.unprocessedItems().getOrDefault(table, List.of())) {
      unprocessed.add(keyOf(left.putRequest().item()));
    }
    List<Verdict> verdicts = new ArrayList<>(writes.size());
    for (Write write : writes) {
      verdicts.add(
          unprocessed.contains(write.key())
              ? new Verdict.Throttled(
                  ProvisionedThroughputExceededException.builder()
                      .message("DynamoDB has not processed the row, for it is asked for too much")
                      .build())
              : new Verdict.Stored());
    }
    return verdicts;
  }

  private ItemKey keyOf(Map<String, AttributeValue> item) {
    Map<String, AttributeValue> key = new LinkedHashMap<>();
    String partitionKey = mapping.partitionKey().attribute();
    key.put(partitionKey, item.get(partitionKey));
    mapping.sortKey().ifPresent(sort -> key.put(sort.attribute(), item.get(sort.attribute())));
    return new ItemKey(key);
  }

  private CompletableFuture<List<Verdict>> refused(List<Write> writes, Throwable error) {
    Verdict verdict = Failures.judge(error, "BatchWriteItem", table);
    if (verdict instanceof Verdict.Unfit && writes.size() > 1) {
      return oneByOne(writes, 0, new ArrayList<>());
    }
    List<Verdict> same = new ArrayList<>();
    writes.forEach(write -> same.add(verdict));
    return CompletableFuture.completedFuture(same);
  }

  private CompletableFuture<List<Verdict>> oneByOne(
      List<Write> writes, int index, List<Verdict> verdicts) {
    if (index == writes.size()) {
      return CompletableFuture.completedFuture(verdicts);
    }
    PutItemRequest request =
        PutItemRequest.builder().tableName(table).item(writes.get(index).item()).build();
    return attempt(() -> client.putItem(request))
        .handle(
            (response, error) -> {
              verdicts.add(
                  error == null ? new Verdict.Stored() : Failures.judge(error, "PutItem", table));
              return oneByOne(writes, index + 1, verdicts);
            })
        .thenCompose(stage -> stage);
  }

  private static <T> CompletableFuture<T> attempt(Supplier<CompletableFuture<T>> call) {
    try {
      return call.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
