package io.millrace.samples.referrers;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/*
 * One item per resource, second and shard:
 *
 *   resource (S, HASH), at (S, RANGE: "<epoch seconds>#<shard>"), worker (S),
 *   counts (M: referrer → N, over the window that ends at that second), expires (N, for TTL)
 *
 * A reader asks for one resource since some second, takes for each shard the newest item, and adds
 * them up. When a shard changes hands within a second both workers write one item: the later wins.
 */

/** The table that workers write their counts to. Safe for use by several threads. */
final class CountsTable {

  /** What one shard counted, by resource, then referrer. */
  record ShardCounts(String shard, SortedMap<String, SortedMap<String, Long>> counts) {}

  private static final int MAX_ITEMS_A_CALL = 25;
  private static final int MAX_ATTEMPTS = 5;
  private static final long KEPT_SECONDS = 3_600;

  private final DynamoDbAsyncClient dynamoDb;
  private final String table;

  CountsTable(DynamoDbAsyncClient dynamoDb, String table) {
    this.dynamoDb = dynamoDb;
    this.table = table;
  }

  /** Creates it if it is not there, and waits until it can be used; repeats what got no answer. */
  void ensure() {
    for (int attempt = 1; ; attempt++) {
      try {
        create();
        return;
      } catch (CompletionException e) {
        if (attempt == MAX_ATTEMPTS || !(e.getCause() instanceof SdkClientException)) {
          throw new IllegalStateException(
              "Creating table " + table + " failed at attempt " + attempt + ": " + e.getCause(), e);
        }
      }
    }
  }

  private void create() {
    try {
      dynamoDb
          .createTable(
              t ->
                  t.tableName(table)
                      .billingMode(BillingMode.PAY_PER_REQUEST)
                      .attributeDefinitions(
                          a -> a.attributeName("resource").attributeType(ScalarAttributeType.S),
                          a -> a.attributeName("at").attributeType(ScalarAttributeType.S))
                      .keySchema(
                          k -> k.attributeName("resource").keyType(KeyType.HASH),
                          k -> k.attributeName("at").keyType(KeyType.RANGE)))
          .join();
    } catch (CompletionException e) {
      if (!(e.getCause() instanceof ResourceInUseException)) {
        throw e;
      }
    }
    try (var waiter = dynamoDb.waiter()) {
      waiter.waitUntilTableExists(t -> t.tableName(table)).join();
    }
  }

  /** Writes what the shards of one worker counted, as of one second. */
  CompletionStage<Void> write(String worker, long second, List<ShardCounts> shards) {
    List<WriteRequest> puts = new ArrayList<>();
    for (ShardCounts shard : shards) {
      shard
          .counts()
          .forEach(
              (resource, referrers) ->
                  puts.add(
                      WriteRequest.builder()
                          .putRequest(
                              p -> p.item(item(worker, second, shard.shard(), resource, referrers)))
                          .build()));
    }
    List<CompletableFuture<?>> calls = new ArrayList<>();
    for (int from = 0; from < puts.size(); from += MAX_ITEMS_A_CALL) {
      List<WriteRequest> some = puts.subList(from, Math.min(puts.size(), from + MAX_ITEMS_A_CALL));
      // what DynamoDB leaves unprocessed is replaced by next second's counts anyway
      calls.add(dynamoDb.batchWriteItem(b -> b.requestItems(Map.of(table, some))));
    }
    return CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new));
  }

  private static Map<String, AttributeValue> item(
      String worker, long second, String shard, String resource, Map<String, Long> referrers) {
    Map<String, AttributeValue> counts = new HashMap<>();
    referrers.forEach((referrer, n) -> counts.put(referrer, number(n)));
    return Map.of(
        "resource", text(resource),
        "at", text(at(second) + "#" + shard),
        "worker", text(worker),
        "counts", AttributeValue.fromM(counts),
        "expires", number(second + KEPT_SECONDS));
  }

  /**
   * Visits by referrer, over all resources given and all shards, as of the newest counts since a
   * second.
   */
  Map<String, Long> newest(List<String> resources, long sinceSecond) {
    Map<String, Long> sums = new TreeMap<>();
    for (String resource : resources) {
      Map<String, Map<String, AttributeValue>> newestByShard = new HashMap<>();
      dynamoDb
          .query(
              q ->
                  q.tableName(table)
                      .keyConditionExpression("#r = :r AND #a >= :since")
                      .expressionAttributeNames(Map.of("#r", "resource", "#a", "at"))
                      .expressionAttributeValues(
                          Map.of(":r", text(resource), ":since", text(at(sinceSecond)))))
          .join()
          .items()
          .forEach(
              // ascending, so the last of a shard is its newest
              item -> {
                String at = item.get("at").s();
                newestByShard.put(at.substring(at.indexOf('#') + 1), item.get("counts").m());
              });
      for (Map<String, AttributeValue> counts : newestByShard.values()) {
        counts.forEach((referrer, n) -> sums.merge(referrer, Long.parseLong(n.n()), Long::sum));
      }
    }
    return sums;
  }

  /** Of one length, so that they sort as text. */
  private static String at(long second) {
    return String.format(Locale.ROOT, "%012d", second);
  }

  private static AttributeValue text(String value) {
    return AttributeValue.fromS(value);
  }

  private static AttributeValue number(long value) {
    return AttributeValue.fromN(Long.toString(value));
  }
}
