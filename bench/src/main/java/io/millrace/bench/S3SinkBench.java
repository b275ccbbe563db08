package io.millrace.bench;

import com.github.luben.zstd.ZstdOutputStream;
import com.sun.management.OperatingSystemMXBean;
import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.s3.Compression;
import io.millrace.connectors.s3.Format;
import io.millrace.connectors.s3.S3Sink;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.kcl.Record;
import io.millrace.s3mock.S3Mock;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * What does the sink cost beside the compressor? Ranges of 20,000 JSON records are stored, upload
 * to S3Mock (a process of its own) included, and the same bytes are given to the compressor alone;
 * taking turns; the ratio is the median of the rounds' ratios, and the first rounds only warm up.
 * What counts is what one core does: megabytes of payload for each second of processor time of this
 * whole process, all its threads and the garbage collector included. Parquet has no compressor to
 * stand beside: it is set beside gzip NDJSON.
 */
public final class S3SinkBench {

  private static final int RECORDS = 20_000;
  private static final int WARM_UP_ROUNDS = 120;
  private static final int ROUNDS = 31;

  /** In a round, since the clock of processor time may tick every 10 ms. */
  private static final int RANGES = 4;

  private static final String BUCKET = "bench";
  private static final AwsCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("bench", "bench"));

  private static int ranges;

  private S3SinkBench() {}

  /** What is set beside a sink. */
  private interface Alone {
    void run(List<byte[]> lines) throws IOException;
  }

  public static void main(String[] args) throws Exception {
    try (S3Mock s3 = S3Mock.start();
        S3Client client =
            S3Client.builder()
                .endpointOverride(s3.endpoint())
                .forcePathStyle(true)
                .region(Region.US_EAST_1)
                .credentialsProvider(CREDENTIALS)
                .build()) {
      client.createBucket(r -> r.bucket(BUCKET));
      List<byte[]> lines = lines();
      double gzip;
      try (S3Sink sink = sink(s3, Format.NDJSON, Compression.GZIP)) {
        gzip = beside("NDJSON, gzip", sink, "gzip alone", S3SinkBench::gzip, lines);
      }
      try (S3Sink sink = sink(s3, Format.NDJSON, Compression.ZSTD)) {
        beside("NDJSON, zstd", sink, "zstd alone", S3SinkBench::zstd, lines);
      }
      try (S3Sink sink = sink(s3, Format.PARQUET, Compression.ZSTD)) {
        double parquet = beside("Parquet, zstd", sink, null, null, lines);
        System.out.printf(Locale.ROOT, "  Parquet/gzip NDJSON: %.2f%n", parquet / gzip);
      }
    }
  }

  private static S3Sink sink(S3Mock s3, Format format, Compression compression) {
    return S3Sink.builder(BUCKET, "us-east-1", CREDENTIALS)
        .endpoint(s3.endpoint())
        .prefix(format.name() + "-" + compression.name() + "/")
        .format(format)
        .compression(compression)
        .parquetColumns(
            List.of("user string", "page string", "referrer string", "millis long", "agent string"))
        .build();
  }

  /** Prints megabytes a core second, of the records' payloads; returns the sink's. */
  private static double beside(
      String name, S3Sink sink, String otherName, Alone other, List<byte[]> lines)
      throws IOException {
    long bytes = lines.stream().mapToLong(line -> line.length).sum();
    double[] ours = new double[ROUNDS];
    double[] alone = new double[ROUNDS];
    double[] ratios = new double[ROUNDS];
    for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
      List<RecordRange<Message>> stored = new ArrayList<>();
      for (int i = 0; i < RANGES; i++) {
        stored.add(range(sink, lines));
      }
      // the lines alone are old objects too: copying young ones to and fro is not the sink's work
      System.gc();
      long began = cpuNanos();
      for (RecordRange<Message> range : stored) {
        sink.commit(range).toCompletableFuture().join();
      }
      long between = cpuNanos();
      for (int i = 0; i < RANGES && other != null; i++) {
        other.run(lines);
      }
      long ended = cpuNanos();
      if (round >= 0) {
        ours[round] = RANGES * bytes / ((between - began) / 1e9) / 1e6;
        alone[round] = RANGES * bytes / ((ended - between) / 1e9) / 1e6;
        ratios[round] = ours[round] / alone[round];
      }
    }
    double sunk = median(ours);
    if (other == null) {
      System.out.printf(Locale.ROOT, "%s: %.1f MB a core second%n", name, sunk);
    } else {
      System.out.printf(
          Locale.ROOT,
          "%s: %.1f MB a core second through the sink, %.1f %s, ratio %.2f%n",
          name,
          sunk,
          median(alone),
          otherName,
          median(ratios));
    }
    return sunk;
  }

  private static long cpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static void gzip(List<byte[]> lines) throws IOException {
    compress(
        lines,
        new BufferedOutputStream(
            new GZIPOutputStream(OutputStream.nullOutputStream(), 64 << 10), 64 << 10));
  }

  private static void zstd(List<byte[]> lines) throws IOException {
    compress(
        lines,
        new BufferedOutputStream(new ZstdOutputStream(OutputStream.nullOutputStream()), 64 << 10));
  }

  private static void compress(List<byte[]> lines, OutputStream out) throws IOException {
    try (out) {
      for (byte[] line : lines) {
        out.write(line);
        out.write('\n');
      }
    }
  }

  private static RecordRange<Message> range(S3Sink sink, List<byte[]> lines) {
    int number = ranges++;
    List<RangeItem<Message>> items = new ArrayList<>();
    long bytes = 0;
    for (int i = 0; i < lines.size(); i++) {
      Record record =
          Record.builder()
              .partitionKey("k")
              .sequenceNumber(Long.toString(number * 1_000_000L + i + 1))
              .approximateArrivalTimestamp(Instant.EPOCH)
              .data(lines.get(i))
              .build();
      bytes += lines.get(i).length;
      items.add(new RangeItem<>(record, 0, Message.of(record)));
    }
    Checkpoint first = items.get(0).position();
    RangeStart start =
        new RangeStart("bench", "shardId-000000000000", first, Instant.EPOCH, Instant.EPOCH);
    return new RecordRange<>(
        start,
        sink.nameFor(start),
        Checkpoint.at(
            SequenceNumber.of(items.get(items.size() - 1).record().getSequenceNumber()), 0),
        items,
        List.of(),
        bytes,
        "0123456789abcdef",
        1);
  }

  /** Page views, about 300 bytes each, of many users and a few hundred pages. */
  private static List<byte[]> lines() {
    Random random = new Random(1);
    String[] agents = {
      "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15"
    };
    List<byte[]> lines = new ArrayList<>();
    for (int i = 0; i < RECORDS; i++) {
      String line =
          String.format(
              Locale.ROOT,
              "{\"user\":\"%016x\",\"page\":\"/articles/%d/comments\",\"referrer\":\"https://www.example.com/search?q=%d\","
                  + "\"millis\":%d,\"agent\":\"%s\"}",
              random.nextLong(),
              random.nextInt(400),
              random.nextInt(100_000),
              1_790_000_000_000L + i * 7L + random.nextInt(7),
              agents[random.nextInt(agents.length)]);
      lines.add(line.getBytes(StandardCharsets.UTF_8));
    }
    return lines;
  }
}
