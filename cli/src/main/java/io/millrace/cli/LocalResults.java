package io.millrace.cli;

import com.github.luben.zstd.ZstdInputStream;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Values;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScanResponse;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/** What a trial run has left in the services of this machine. */
final class LocalResults implements AutoCloseable {

  private static final int MOST_OBJECTS = 20;
  private static final int MOST_LINES = 3;
  private static final int MOST_ROWS = 20;
  private static final int MOST_CHARACTERS = 160;
  private static final int PREVIEW_BYTES = 64 << 10;

  private final S3AsyncClient s3;
  private final DynamoDbAsyncClient dynamoDb;
  private final KinesisAsyncClient kinesis;

  LocalResults(AwsCredentialsProvider credentials, Map<String, URI> endpoints) {
    s3 =
        endpoints.containsKey("s3")
            ? S3AsyncClient.builder()
                .credentialsProvider(credentials)
                .region(Region.US_EAST_1)
                .endpointOverride(endpoints.get("s3"))
                .forcePathStyle(true)
                .build()
            : null;
    dynamoDb =
        DynamoDbAsyncClient.builder()
            .credentialsProvider(credentials)
            .region(Region.US_EAST_1)
            .endpointOverride(endpoints.get("dynamodb"))
            .build();
    kinesis =
        KinesisAsyncClient.builder()
            .credentialsProvider(credentials)
            .region(Region.US_EAST_1)
            .endpointOverride(endpoints.get("kinesis"))
            .build();
  }

  /** How many records are in a stream, and the last one of each shard. */
  long count(String stream, Map<String, BigInteger> last) {
    long count = 0;
    for (Shard shard : kinesis.listShards(r -> r.streamName(stream)).join().shards()) {
      String iterator =
          kinesis
              .getShardIterator(
                  r ->
                      r.streamName(stream)
                          .shardId(shard.shardId())
                          .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
              .join()
              .shardIterator();
      boolean more = true;
      while (more) {
        String from = iterator;
        GetRecordsResponse page = kinesis.getRecords(r -> r.shardIterator(from)).join();
        for (Record record : page.records()) {
          count++;
          last.put(shard.shardId(), new BigInteger(record.sequenceNumber()));
        }
        iterator = page.nextShardIterator();
        more = iterator != null && (!page.records().isEmpty() || page.millisBehindLatest() > 0);
      }
    }
    return count;
  }

  /** What a section says for a key that is a text. */
  static Optional<String> text(Values values, String key) {
    return values.find(Key.text(key));
  }

  void createBucket(String bucket) {
    s3.createBucket(r -> r.bucket(bucket)).join();
  }

  /** In words, the shards whose checkpoint is before what was put last. */
  List<String> undelivered(String leaseTable, Map<String, BigInteger> last) {
    Map<String, String> checkpoints = new TreeMap<>();
    for (Map<String, AttributeValue> row : rows(leaseTable)) {
      AttributeValue checkpoint = row.get("checkpoint");
      if (checkpoint != null && checkpoint.s() != null) {
        checkpoints.put(row.get("leaseKey").s(), checkpoint.s());
      }
    }
    List<String> open = new ArrayList<>();
    last.forEach(
        (shard, sequenceNumber) -> {
          String checkpoint = checkpoints.getOrDefault(shard, "missing");
          boolean passed =
              checkpoint.equals("SHARD_END")
                  || checkpoint.matches("[0-9]+")
                      && new BigInteger(checkpoint).compareTo(sequenceNumber) >= 0;
          if (!passed) {
            open.add(shard + " is checkpointed at " + checkpoint + ", before " + sequenceNumber);
          }
        });
    return open;
  }

  void showBucket(String bucket, PrintWriter out) {
    List<S3Object> objects = new ArrayList<>();
    String token = null;
    do {
      String from = token;
      ListObjectsV2Response page =
          s3.listObjectsV2(r -> r.bucket(bucket).continuationToken(from)).join();
      objects.addAll(page.contents());
      token = page.nextContinuationToken();
    } while (token != null);
    out.println("S3 bucket " + bucket + ": " + counted(objects.size(), "object"));
    for (S3Object object : objects.subList(0, Math.min(MOST_OBJECTS, objects.size()))) {
      out.println(
          "  " + object.key() + "  " + String.format(Locale.ROOT, "%,d", object.size()) + " bytes");
      for (String line : preview(bucket, object.key())) {
        out.println("    " + line);
      }
    }
    more(objects.size() - MOST_OBJECTS, out);
  }

  private List<String> preview(String bucket, String key) {
    byte[] bytes =
        s3.getObject(r -> r.bucket(bucket).key(key), AsyncResponseTransformer.toBytes())
            .join()
            .asByteArrayUnsafe();
    try (InputStream in = unpacked(key, bytes)) {
      String text = new String(in.readNBytes(PREVIEW_BYTES), StandardCharsets.UTF_8);
      if (text.chars().anyMatch(c -> c < ' ' && c != '\n' && c != '\r' && c != '\t')) {
        return List.of("(no text)");
      }
      List<String> lines = text.lines().toList();
      List<String> shown = new ArrayList<>();
      lines.stream().limit(MOST_LINES).map(LocalResults::shortened).forEach(shown::add);
      if (lines.size() > MOST_LINES) {
        shown.add("... " + (lines.size() - MOST_LINES) + " more lines");
      }
      return shown;
    } catch (IOException e) {
      return List.of("(cannot be shown: " + e.getMessage() + ")");
    }
  }

  private static InputStream unpacked(String key, byte[] bytes) throws IOException {
    InputStream in = new ByteArrayInputStream(bytes);
    if (key.endsWith(".gz")) {
      return new GZIPInputStream(in);
    }
    return key.endsWith(".zst") ? new ZstdInputStream(in) : in;
  }

  void showTable(String table, PrintWriter out) {
    List<Map<String, AttributeValue>> rows = rows(table);
    out.println("DynamoDB table " + table + ": " + counted(rows.size(), "row"));
    rows.stream()
        .map(LocalResults::describe)
        .sorted()
        .limit(MOST_ROWS)
        .forEach(row -> out.println("  " + shortened(row)));
    more(rows.size() - MOST_ROWS, out);
  }

  static void more(int count, PrintWriter out) {
    if (count > 0) {
      out.println("  ... " + count + " more");
    }
  }

  static String counted(int count, String what) {
    return String.format(Locale.ROOT, "%,d %s%s", count, what, count == 1 ? "" : "s");
  }

  private static String describe(Map<String, AttributeValue> row) {
    return new TreeMap<>(row)
        .entrySet().stream()
            .filter(e -> !e.getKey().startsWith("_"))
            .map(e -> e.getKey() + "=" + plain(e.getValue()))
            .collect(Collectors.joining("  "));
  }

  private static String plain(AttributeValue value) {
    return switch (value.type()) {
      case S -> value.s();
      case N -> value.n();
      case BOOL -> value.bool().toString();
      case NUL -> "null";
      case M ->
          value.m().entrySet().stream()
              .sorted(Map.Entry.comparingByKey())
              .map(e -> e.getKey() + "=" + plain(e.getValue()))
              .collect(Collectors.joining(" ", "{", "}"));
      case L ->
          value.l().stream().map(LocalResults::plain).collect(Collectors.joining(" ", "[", "]"));
      default -> value.toString();
    };
  }

  private static String shortened(String text) {
    return text.length() <= MOST_CHARACTERS ? text : text.substring(0, MOST_CHARACTERS - 1) + "…";
  }

  private List<Map<String, AttributeValue>> rows(String table) {
    List<Map<String, AttributeValue>> rows = new ArrayList<>();
    Map<String, AttributeValue> from = null;
    do {
      Map<String, AttributeValue> start = from;
      ScanResponse page =
          dynamoDb
              .scan(r -> r.tableName(table).consistentRead(true).exclusiveStartKey(start))
              .join();
      rows.addAll(page.items());
      from = page.hasLastEvaluatedKey() ? page.lastEvaluatedKey() : null;
    } while (from != null);
    return rows;
  }

  @Override
  public void close() {
    if (s3 != null) {
      s3.close();
    }
    dynamoDb.close();
    kinesis.close();
  }
}
