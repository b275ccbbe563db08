package io.millrace.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.lease.HashKeyRange;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the producer library wrote; see the README beside the file.
 *
 * @param put what it was given, in order
 * @param shards what it made of that
 */
record Captured(List<User> put, List<CapturedShard> shards) {

  static final String SPLIT = "a split that the writer did not know of";
  static final String WARM_UP = "warm-up";

  /**
   * One user record.
   *
   * @param explicitHashKey null if it has none
   */
  record User(String partitionKey, String explicitHashKey, ByteBuffer data) {
    String text() {
      return StandardCharsets.UTF_8.decode(data.duplicate()).toString();
    }

    BigInteger hashKey() {
      if (explicitHashKey != null) {
        return new BigInteger(explicitHashKey);
      }
      try {
        byte[] key = partitionKey.getBytes(StandardCharsets.UTF_8);
        return new BigInteger(1, MessageDigest.getInstance("MD5").digest(key));
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e);
      }
    }

    static User of(StreamRecord record) {
      return new User(record.partitionKey(), record.explicitHashKey(), record.data());
    }
  }

  record CapturedShard(String id, HashKeyRange range, List<StreamRecord> records) {}

  static Map<String, Captured> all() {
    try (InputStream file = Captured.class.getResourceAsStream("/kpl/kpl-1.1.1.json")) {
      Map<String, Captured> cases = new LinkedHashMap<>();
      JsonNode root = new ObjectMapper().readTree(file);
      root.get("cases").properties().forEach(c -> cases.put(c.getKey(), read(c.getValue())));
      return cases;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Captured named(String name) {
    return all().get(name);
  }

  CapturedShard shard(int number) {
    return shards.get(number);
  }

  private static Captured read(JsonNode json) {
    List<User> put = new ArrayList<>();
    for (JsonNode user : json.get("put")) {
      JsonNode hashKey = user.get("explicitHashKey");
      put.add(
          new User(
              user.get("partitionKey").asText(),
              hashKey == null ? null : hashKey.asText(),
              data(user)));
    }
    List<CapturedShard> shards = new ArrayList<>();
    for (JsonNode shard : json.get("shards")) {
      List<StreamRecord> records = new ArrayList<>();
      for (JsonNode record : shard.get("records")) {
        records.add(
            new StreamRecord(
                record.get("partitionKey").asText(),
                null,
                SequenceNumber.of(record.get("sequenceNumber").asText()),
                0,
                0,
                "NONE",
                data(record)));
      }
      shards.add(
          new CapturedShard(
              shard.get("shardId").asText(),
              HashKeyRange.of(
                  shard.get("startingHashKey").asText(), shard.get("endingHashKey").asText()),
              records));
    }
    return new Captured(put, shards);
  }

  private static ByteBuffer data(JsonNode json) {
    return ByteBuffer.wrap(Base64.getDecoder().decode(json.get("data").asText()));
  }
}
