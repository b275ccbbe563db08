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
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/*
 * One item per resource, second and shard:
 *
 *   resource (S, HASH), at (S, RANGE: "<epoch seconds>#<shard>"), worker (S),
 *   counts (M: referrer → N, over the window that ends at that second),
 *   behindMillis (N: how far behind the tip of the shard the worker was), expires (N, for TTL)
 *
 * A reader asks for one resource since some second, takes for each shard the newest item, and adds
 * them up. When a shard changes hands within a second both workers write one item: the later wins.
 */

/** The table that workers write their counts to. Safe for use by several threads. */
final class CountsTable {

  /** What one shard counted, by resource, then referrer, and how far behind it was. */
  record ShardCounts(
      String shard, SortedMap<String, SortedMap<String, Long>> counts, long behindMillis) {}

  /**
   * One item.
   *
   * @param second since the epoch
   * @param visits by referrer
   */
  record CountedSecond(
      long second, String shard, String resource, Map<String, Long> visits, long behindMillis) {}

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
    if (exists()) {
      return;
    }
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

  private boolean exists() {
    try {
      dynamoDb.describeTable(t -> t.tableName(table)).join();
      return true;
    } catch (CompletionException e) {
      if (e.getCause() instanceof ResourceNotFoundException) {
        return false;
      }
      throw e;
    }
  }

  /** Lets DynamoDB delete items an hour after they were written, unless it does so already. */
  void expireItems() {
    TimeToLiveStatus status =
        dynamoDb
            .describeTimeToLive(t -> t.tableName(table))
            .join()
            .timeToLiveDescription()
            .timeToLiveStatus();
    if (status == TimeToLiveStatus.DISABLED) {
      dynamoDb
          .updateTimeToLive(
              t ->
                  t.tableName(table)
                      .timeToLiveSpecification(l -> l.enabled(true).attributeName("expires")))
          .join();
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
                          .putRequest(p -> p.item(item(worker, second, shard, resource, referrers)))
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
      String worker, long second, ShardCounts shard, String resource, Map<String, Long> referrers) {
    Map<String, AttributeValue> counts = new HashMap<>();
    referrers.forEach((referrer, n) -> counts.put(referrer, number(n)));
    return Map.of(
        "resource", text(resource),
        "at", text(at(second) + "#" + shard.shard()),
        "worker", text(worker),
        "counts", AttributeValue.fromM(counts),
        "behindMillis", number(shard.behindMillis()),
        "expires", number(second + KEPT_SECONDS));
  }

  /** Every item since a second; empty as long as there is no table. */
  List<CountedSecond> since(long second, List<String> resources) {
    List<CountedSecond> counted = new ArrayList<>();
    for (String resource : resources) {
      Map<String, AttributeValue> from = Map.of();
      do {
        QueryResponse page = query(resource, second, from);
        page.items().forEach(item -> counted.add(counted(item)));
        from = page.lastEvaluatedKey();
      } while (!from.isEmpty());
    }
    return counted;
  }

  private QueryResponse query(String resource, long second, Map<String, AttributeValue> from) {
    try {
      return dynamoDb
          .query(
              q ->
                  q.tableName(table)
                      .keyConditionExpression("#r = :r AND #a >= :since")
                      .expressionAttributeNames(Map.of("#r", "resource", "#a", "at"))
                      .expressionAttributeValues(
                          Map.of(":r", text(resource), ":since", text(at(second))))
                      .exclusiveStartKey(from.isEmpty() ? null : from))
          .join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof ResourceNotFoundException) {
        return QueryResponse.builder().items(List.of()).build();
      }
      throw e;
    }
  }

  private static CountedSecond counted(Map<String, AttributeValue> item) {
    String at = item.get("at").s();
    int hash = at.indexOf('#');
    Map<String, Long> visits = new TreeMap<>();
    item.get("counts").m().forEach((referrer, n) -> visits.put(referrer, Long.parseLong(n.n())));
    return new CountedSecond(
        Long.parseLong(at.substring(0, hash)),
        at.substring(hash + 1),
        item.get("resource").s(),
        visits,
        Long.parseLong(item.get("behindMillis").n()));
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
