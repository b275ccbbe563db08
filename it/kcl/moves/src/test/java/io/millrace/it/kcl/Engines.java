package io.millrace.it.kcl;

import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.embedded.EmbeddedKinesis;
import io.millrace.kcl.KinesisClientLibConfiguration;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** The embedded Kinesis and DynamoDB Local, and what the tests do with them. */
final class Engines implements AutoCloseable {

  private static final StaticCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));
  private static final int AGGREGATE_MAGIC = 0xF3899AC2;

  final EmbeddedKinesis kinesis = EmbeddedKinesis.start();
  final DynamoDbLocal dynamoDb = DynamoDbLocal.start();
  final KinesisClient kinesisClient =
      KinesisClient.builder()
          .endpointOverride(kinesis.endpoint())
          .credentialsProvider(CREDENTIALS)
          .region(Region.US_EAST_1)
          .build();
  final DynamoDbClient dynamoDbClient =
      DynamoDbClient.builder()
          .endpointOverride(dynamoDb.endpoint())
          .credentialsProvider(CREDENTIALS)
          .region(Region.US_EAST_1)
          .build();

  /** What a process of the other library is told of them. */
  Map<String, String> told(String application, String stream) {
    Map<String, String> told = new TreeMap<>();
    told.put("application", application);
    told.put("stream", stream);
    told.put("kinesis", kinesis.endpoint().toString());
    told.put("dynamodb", dynamoDb.endpoint().toString());
    return told;
  }

  KinesisClientLibConfiguration configuration(String application, String stream, String worker) {
    return new KinesisClientLibConfiguration(application, stream, CREDENTIALS, worker)
        .withRegionName("us-east-1")
        .withKinesisEndpoint(kinesis.endpoint().toString())
        .withDynamoDBEndpoint(dynamoDb.endpoint().toString())
        .withForeignOwnerWatchMillis(4_000) // twice the failover time of the others
        .withShutdownGraceMillis(5_000);
  }

  // ---- records

  /** One record for each text, all in one shard. */
  List<String> put(String stream, String shard, String prefix, int count) {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      texts.add(prefix + "-" + i);
      put(stream, shard, texts.get(i).getBytes(StandardCharsets.UTF_8));
    }
    return texts;
  }

  /** One record that holds several, as the Kinesis Producer Library puts them together. */
  List<String> putAggregate(String stream, String shard, String prefix, int count)
      throws IOException {
    List<String> texts = new ArrayList<>();
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    field(message, 1, "key".getBytes(StandardCharsets.UTF_8));
    // else the library passes over an aggregate whose records it takes for another shard's
    field(message, 2, hashKey(stream, shard).getBytes(StandardCharsets.UTF_8));
    for (int i = 0; i < count; i++) {
      texts.add(prefix + "-" + i);
      ByteArrayOutputStream record = new ByteArrayOutputStream();
      record.write(1 << 3); // partition_key_index
      record.write(0);
      record.write(2 << 3); // explicit_hash_key_index
      record.write(0);
      field(record, 3, texts.get(i).getBytes(StandardCharsets.UTF_8));
      field(message, 3, record.toByteArray());
    }
    byte[] body = message.toByteArray();
    byte[] digest = md5(body);
    put(
        stream,
        shard,
        ByteBuffer.allocate(4 + body.length + digest.length)
            .putInt(AGGREGATE_MAGIC)
            .put(body)
            .put(digest)
            .array());
    return texts;
  }

  /** A field of bytes, shorter than 16 KiB. */
  private static void field(ByteArrayOutputStream out, int number, byte[] bytes)
      throws IOException {
    out.write(number << 3 | 2);
    if (bytes.length < 128) {
      out.write(bytes.length);
    } else {
      out.write(bytes.length & 0x7f | 0x80);
      out.write(bytes.length >> 7);
    }
    out.write(bytes);
  }

  private void put(String stream, String shard, byte[] data) {
    String hashKey = hashKey(stream, shard);
    kinesisClient.putRecord(
        r ->
            r.streamName(stream)
                .partitionKey("key")
                .explicitHashKey(hashKey)
                .data(SdkBytes.fromByteArray(data)));
  }

  private String hashKey(String stream, String shardId) {
    return kinesisClient.listShards(r -> r.streamName(stream)).shards().stream()
        .filter(shard -> shard.shardId().equals(shardId))
        .findFirst()
        .orElseThrow()
        .hashKeyRange()
        .startingHashKey();
  }

  private static byte[] md5(byte[] bytes) {
    try {
      return MessageDigest.getInstance("MD5").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  // ---- the table

  /** Every row by key; empty if there is no table. */
  Map<String, Map<String, AttributeValue>> rows(String table) {
    Map<String, Map<String, AttributeValue>> rows = new TreeMap<>();
    try {
      dynamoDbClient
          .scanPaginator(r -> r.tableName(table).consistentRead(true))
          .items()
          .forEach(row -> rows.put(row.get("leaseKey").s(), row));
    } catch (ResourceNotFoundException e) {
      return Map.of();
    }
    return rows;
  }

  /** How far each lease has come, as the row says; sentinels are left out. */
  Map<String, Given.Position> checkpoints(String table) {
    Map<String, Given.Position> checkpoints = new TreeMap<>();
    rows(table)
        .forEach(
            (key, row) -> {
              String text = row.containsKey("checkpoint") ? row.get("checkpoint").s() : "";
              if (!text.isEmpty() && Character.isDigit(text.charAt(0))) {
                checkpoints.put(
                    key,
                    new Given.Position(
                        new BigInteger(text),
                        Long.parseLong(row.get("checkpointSubSequenceNumber").n())));
              }
            });
    return checkpoints;
  }

  String checkpoint(String table, String lease) {
    Map<String, AttributeValue> row = rows(table).get(lease);
    return row == null ? "" : row.get("checkpoint").s();
  }

  @Override
  public void close() {
    kinesisClient.close();
    dynamoDbClient.close();
    dynamoDb.close();
    kinesis.close();
  }
}
