package io.millrace.connectors.dynamodb;

import io.millrace.dynamodblocal.DynamoDbLocal;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** One DynamoDB Local for all tests of this JVM. */
final class Local {

  static final AwsCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local"));

  private static final AtomicInteger NAMES = new AtomicInteger();

  private Local() {}

  /** Started at first use; it ends with this JVM. */
  private static final class Server {
    static final DynamoDbLocal LOCAL = DynamoDbLocal.start();
    static final DynamoDbAsyncClient CLIENT =
        DynamoDbAsyncClient.builder()
            .endpointOverride(LOCAL.endpoint())
            .region(Region.US_EAST_1)
            .credentialsProvider(CREDENTIALS)
            .build();
  }

  static URI endpoint() {
    return Server.LOCAL.endpoint();
  }

  static DynamoDbAsyncClient client() {
    return Server.CLIENT;
  }

  /** A client to close, which repeats nothing. */
  static DynamoDbAsyncClient clientThrough(ExecutionInterceptor interceptor) {
    return DynamoDbAsyncClient.builder()
        .endpointOverride(endpoint())
        .region(Region.US_EAST_1)
        .credentialsProvider(CREDENTIALS)
        .overrideConfiguration(
            o ->
                o.addExecutionInterceptor(interceptor).retryStrategy(AwsRetryStrategy.doNotRetry()))
        .build();
  }

  static String newName() {
    return "rows-" + NAMES.incrementAndGet();
  }

  static List<Map<String, AttributeValue>> scan(String table) {
    return client().scan(s -> s.tableName(table).consistentRead(true)).join().items();
  }

  /** The row whose only key is this text; empty if there is none. */
  static Map<String, AttributeValue> row(String table, String partitionKey, String key) {
    return client()
        .getItem(
            g ->
                g.tableName(table)
                    .consistentRead(true)
                    .key(Map.of(partitionKey, AttributeValue.fromS(key))))
        .join()
        .item();
  }

  static void put(String table, Map<String, AttributeValue> item) {
    client().putItem(p -> p.tableName(table).item(item)).join();
  }
}
