package io.millrace.bench;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.connectors.application.Host;
import io.millrace.connectors.application.StagedApplication;
import io.millrace.connectors.config.Modules;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.embedded.EmbeddedKinesis;
import io.millrace.embedded.redshift.EmbeddedRedshift;
import io.millrace.s3mock.S3Mock;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * A load of a million rows in the manifest flow: from an embedded Kinesis that is filled before, by
 * files in S3Mock that are announced in a second stream, into the stand-in for Redshift, all on
 * this machine. What is printed is rows for each second from the start of the two stages until the
 * last row can be seen, and the heap after a collection, every few seconds: the stream is part of
 * it, in memory from the beginning; what is added to it is the pipeline's.
 */
public final class RedshiftBench {

  private static final int SHARDS = 8;
  private static final long POLL_MILLIS = 250;
  private static final long SAMPLE_MILLIS = 3_000;
  private static final long LONGEST_MILLIS = 15 * 60_000;
  private static final StaticCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("bench", "bench"));

  private RedshiftBench() {}

  /**
   * @param args how many rows; a million unless said
   */
  public static void main(String[] args) throws Exception {
    int rows = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
    Path directory = Files.createTempDirectory("millrace-bench-redshift-");
    try (S3Mock s3Mock = S3Mock.start();
        EmbeddedRedshift redshift = EmbeddedRedshift.start(s3Mock.endpoint());
        EmbeddedKinesis kinesis = EmbeddedKinesis.start();
        DynamoDbLocal dynamoDb = DynamoDbLocal.start();
        S3Client s3 =
            S3Client.builder()
                .endpointOverride(s3Mock.endpoint())
                .forcePathStyle(true)
                .region(Region.US_EAST_1)
                .credentialsProvider(CREDENTIALS)
                .build()) {
      s3.createBucket(r -> r.bucket("bench"));
      kinesis.createStream("rows", SHARDS);
      fill(kinesis, rows);
      Path file = Files.writeString(directory.resolve("bench.yaml"), config(redshift));
      PipelineConfig config = PipelineConfig.read(file, Modules.installed(), name -> null);
      Map<String, URI> endpoints =
          Map.of(
              "kinesis", kinesis.endpoint(),
              "dynamodb", dynamoDb.endpoint(),
              "s3", s3Mock.endpoint());
      Host host = new Host(CREDENTIALS, endpoints, new SimpleMeterRegistry());
      try (StagedApplication application = StagedApplication.open(config, host)) {
        measure(application, redshift, rows);
      }
    } finally {
      Files.deleteIfExists(directory.resolve("bench.yaml"));
    }
  }

  private static void fill(EmbeddedKinesis kinesis, int rows) {
    for (int i = 0; i < rows; i++) {
      String row =
          "{\"id\": "
              + i
              + ", \"name\": \"customer "
              + i
              + "\", \"city\": \"Bergen\", \"amount\": "
              + i % 1000
              + ".25, \"at\": \"2024-02-29 10:11:12\"}";
      kinesis.put("rows", "key" + i, row.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static String config(EmbeddedRedshift redshift) {
    return """
        source: {stream: rows, application: bench, region: us-east-1, startAt: trim-horizon}
        buffer: {records: 5000, bytes: 4 MiB, workerBytes: 16 MiB, age: 5 s}
        sink:
          type: redshift-manifest
          announcements: files
          createAnnouncements: true
          loadFiles: 200
          loadAge: 10 s
          url: %s
          user: %s
          password: %s
          table: sales
          createTable: true
          tableColumns:
            id: bigint not null
            name: varchar(40)
            city: varchar(40)
            amount: decimal(9,2)
            at: timestamp
          columns: [id required, name, city, amount, at]
          createHistory: true
          bucket: bench
          region: us-east-1
        """
        .formatted(redshift.jdbcUrl(), redshift.user(), redshift.password());
  }

  private static void measure(StagedApplication application, EmbeddedRedshift redshift, int rows)
      throws Exception {
    List<Long> heap = new ArrayList<>();
    heap.add(heapAfterCollection());
    Thread running = new Thread(application::run, "bench-run");
    running.start();
    long start = System.nanoTime();
    long sampled = start;
    long loaded = 0;
    while (loaded < rows && running.isAlive()) {
      if (millisSince(start) > LONGEST_MILLIS) {
        throw new IllegalStateException("after 15 minutes there are only " + loaded + " rows");
      }
      Thread.sleep(POLL_MILLIS);
      loaded = count(redshift);
      if (millisSince(sampled) > SAMPLE_MILLIS) {
        sampled = System.nanoTime();
        heap.add(heapAfterCollection());
        System.out.printf(
            Locale.ROOT,
            "%3d s  %,9d rows  heap after a collection %,d MiB%n",
            millisSince(start) / 1000,
            loaded,
            heap.get(heap.size() - 1));
      }
    }
    double seconds = millisSince(start) / 1000.0;
    heap.add(heapAfterCollection());
    application.stopGracefully();
    running.join();
    long copies =
        redshift.faults().statements().stream().filter(sql -> sql.startsWith("COPY ")).count();
    System.out.printf(
        Locale.ROOT,
        "%,d rows in %.1f s: %,.0f rows/s, by %d COPY; table has %,d rows%n"
            + "heap after a collection: %,d MiB before (the stream), then %,d to %,d MiB%n",
        loaded,
        seconds,
        loaded / seconds,
        copies,
        count(redshift),
        heap.get(0),
        heap.stream().skip(1).mapToLong(Long::longValue).min().orElse(0),
        heap.stream().skip(1).mapToLong(Long::longValue).max().orElse(0));
  }

  private static long millisSince(long nanos) {
    return (System.nanoTime() - nanos) / 1_000_000;
  }

  private static long heapAfterCollection() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 20;
  }

  private static long count(EmbeddedRedshift redshift) throws Exception {
    try (Connection connection = DriverManager.getConnection(redshift.postgresUrl());
        Statement statement = connection.createStatement();
        ResultSet exists = statement.executeQuery("SELECT to_regclass('sales') IS NOT NULL")) {
      exists.next();
      if (!exists.getBoolean(1)) {
        return 0;
      }
      try (ResultSet found = statement.executeQuery("SELECT count(*) FROM sales")) {
        found.next();
        return found.getLong(1);
      }
    }
  }
}
