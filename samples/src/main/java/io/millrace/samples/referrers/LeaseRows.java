package io.millrace.samples.referrers;

import io.millrace.lease.SessionId;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScanResponse;

/** Looks at a lease table from outside, for those who watch. */
final class LeaseRows {

  static final String NOBODY = "nobody";

  private final DynamoDbAsyncClient dynamoDb;
  private final String table;

  LeaseRows(DynamoDbAsyncClient dynamoDb, String table) {
    this.dynamoDb = dynamoDb;
    this.table = table;
  }

  /** How many unfinished leases each worker holds; empty as long as there is no table. */
  SortedMap<String, Integer> leasesByWorker() {
    SortedMap<String, Integer> leases = new TreeMap<>();
    Map<String, AttributeValue> from = Map.of();
    do {
      Map<String, AttributeValue> start = from;
      ScanResponse page;
      try {
        page =
            dynamoDb
                .scan(s -> s.tableName(table).exclusiveStartKey(start.isEmpty() ? null : start))
                .join();
      } catch (CompletionException e) {
        if (e.getCause() instanceof ResourceNotFoundException) {
          return leases;
        }
        throw e;
      }
      for (Map<String, AttributeValue> row : page.items()) {
        if (!row.get("leaseKey").s().startsWith("$") && !isFinished(row)) {
          leases.merge(owner(row), 1, Integer::sum);
        }
      }
      from = page.lastEvaluatedKey();
    } while (!from.isEmpty());
    return leases;
  }

  private static boolean isFinished(Map<String, AttributeValue> row) {
    AttributeValue checkpoint = row.get("checkpoint");
    return checkpoint != null && "SHARD_END".equals(checkpoint.s());
  }

  private static String owner(Map<String, AttributeValue> row) {
    AttributeValue owner = row.get("leaseOwner");
    if (owner == null) {
      return NOBODY;
    }
    return SessionId.parse(owner.s()).map(SessionId::workerId).orElse(owner.s());
  }
}
