package io.millrace.cli;

import io.millrace.connectors.application.ConnectorApplication;
import io.millrace.connectors.application.Host;
import io.millrace.connectors.config.Chosen;
import io.millrace.connectors.config.DeadLetterProvider;
import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.connectors.config.PipelineKeys.Local;
import io.millrace.connectors.config.PipelineKeys.Source;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.embedded.EmbeddedKinesis;
import io.millrace.embedded.PutResult;
import io.millrace.s3mock.S3Mock;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/** Tries a config file out on services of this machine, and shows what it made. */
final class LocalRun {

  /** Nothing moves for so long: somebody has to look at it. */
  private static final long STANDSTILL_SECONDS = 60;

  private static final long POLL_MILLIS = 200;
  private static final long STATUS_MILLIS = 1_000;
  private static final int MOST_LETTERS_SHOWN = 10;

  /** Dead letters that need no service besides those that are started. */
  private static final Set<String> LETTERS_HERE = Set.of("file", "skip", "s3");

  private static final StaticCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local"));

  private final Path data;
  private final PrintWriter out;
  private final StatusLine status;
  private final Interrupts interrupts;
  private final String stream;
  private PipelineConfig config;

  /**
   * @param data null for what the file says
   */
  LocalRun(
      PipelineConfig config, Path data, PrintWriter out, StatusLine status, Interrupts interrupts) {
    this.config = config.onThisMachine();
    this.data =
        data != null
            ? data
            : config.local().find(Local.DATA).map(config.directory()::resolve).orElse(null);
    this.out = out;
    this.status = status;
    this.interrupts = interrupts;
    this.stream = this.config.source().get(Source.STREAM);
  }

  /** The exit code. */
  int run() throws Exception {
    refuseWhatIsNotHere();
    boolean s3 = usesS3();
    boolean redshift = LocalRedshift.isUsedBy(config);
    status.say(
        "Starting an embedded Kinesis"
            + (redshift
                ? ", DynamoDB Local, S3Mock and a stand-in for Redshift ..."
                : s3 ? ", DynamoDB Local and S3Mock ..." : ", DynamoDB Local ..."));
    CompletableFuture<S3Mock> starting =
        s3 ? CompletableFuture.supplyAsync(S3Mock::start) : CompletableFuture.completedFuture(null);
    try (EmbeddedKinesis kinesis = EmbeddedKinesis.start();
        DynamoDbLocal dynamoDb = DynamoDbLocal.start();
        S3Mock s3Mock = starting.join()) {
      Map<String, URI> endpoints = new HashMap<>();
      endpoints.put("kinesis", kinesis.endpoint());
      endpoints.put("dynamodb", dynamoDb.endpoint());
      if (s3Mock != null) {
        endpoints.put("s3", s3Mock.endpoint());
      }
      try (LocalRedshift database = redshift ? LocalRedshift.start(endpoints.get("s3")) : null) {
        return run(kinesis, endpoints, database);
      }
    }
  }

  private int run(EmbeddedKinesis kinesis, Map<String, URI> endpoints, LocalRedshift database)
      throws Exception {
    if (database != null) {
      config = database.here(config);
    }
    kinesis.createStream(stream, config.local().get(Local.SHARDS).intValue());
    try (LocalResults results = new LocalResults(CREDENTIALS, endpoints)) {
      buckets().forEach(results::createBucket);
      int code =
          deliver(kinesis, results, new Host(CREDENTIALS, endpoints, PipelineRun.newRegistry()));
      if (database != null) {
        database.show(config, out);
        out.flush();
      }
      return code;
    }
  }

  private void refuseWhatIsNotHere() {
    if (data == null) {
      throw new UserError(
          config.file()
              + " names no data, so there is nothing to try out; say --data FILE, or local.data"
              + " (inputStreamFile) in the file.");
    }
    if (!Files.isReadable(data) || Files.isDirectory(data)) {
      throw new UserError(
          "The data cannot be read from "
              + data
              + ": name a text file, with --data or in the file.");
    }
    config
        .deadLetter()
        .map(Chosen::name)
        .filter(type -> !LETTERS_HERE.contains(type))
        .ifPresent(
            type -> {
              throw new UserError(
                  "deadLetter.type '"
                      + type
                      + "' is not allowed with --local, which starts no such service; allowed: "
                      + String.join(", ", LETTERS_HERE.stream().sorted().toList()));
            });
  }

  private boolean usesS3() {
    return !buckets().isEmpty();
  }

  private Set<String> buckets() {
    Set<String> buckets = new java.util.LinkedHashSet<>();
    if (config.sink().name().equals("s3") || LocalRedshift.isUsedBy(config)) {
      LocalResults.text(config.sink().values(), "bucket").ifPresent(buckets::add);
    }
    config
        .deadLetter()
        .filter(chosen -> chosen.name().equals("s3"))
        .flatMap(chosen -> LocalResults.text(chosen.values(), "bucket"))
        .ifPresent(buckets::add);
    return buckets;
  }

  private int deliver(EmbeddedKinesis kinesis, LocalResults results, Host host) throws Exception {
    Map<String, BigInteger> last = new LinkedHashMap<>();
    long put = put(kinesis, last);
    status.say(put + " records are in the stream " + stream + ".");
    try (PipelineRun run = PipelineRun.start(config, host)) {
      boolean all = awaitTaken(run, 0, put);
      status.say(all ? "All are read; what is buffered is stored ..." : "Stopping ...");
      Map<String, BigInteger> lastAnnounced = new LinkedHashMap<>();
      if (all && LocalRedshift.isStagedIn(config)) {
        all = run.stopFirstStage() && awaitLoads(run, results, lastAnnounced);
      }
      boolean clean = run.stop();
      List<String> open = results.undelivered(leaseTable(), last);
      if (!lastAnnounced.isEmpty()) {
        open.addAll(results.undelivered(loadLeaseTable(), lastAnnounced));
      }
      show(run, results, host);
      if (all && clean && open.isEmpty()) {
        return 0;
      }
      status.say("Not everything was delivered: " + String.join("; ", open));
      return 1;
    }
  }

  /** The second stage reads what the first has announced. */
  private boolean awaitLoads(PipelineRun run, LocalResults results, Map<String, BigInteger> last)
      throws InterruptedException {
    String announcements = LocalResults.text(config.sink().values(), "announcements").orElseThrow();
    long files = results.count(announcements, last);
    status.say(files + " files are announced; they are loaded ...");
    return awaitTaken(run, 1, files);
  }

  private String loadLeaseTable() {
    return LocalResults.text(config.sink().values(), "loadApplication")
        .orElseGet(() -> config.source().get(Source.APPLICATION) + "-load");
  }

  private String leaseTable() {
    return config
        .source()
        .find(Source.LEASE_TABLE)
        .orElseGet(() -> config.source().get(Source.APPLICATION));
  }

  /** A line a record, empty ones apart; the number of the line is the partition key. */
  private long put(EmbeddedKinesis kinesis, Map<String, BigInteger> last) {
    long put = 0;
    try (BufferedReader lines = Files.newBufferedReader(data, StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isBlank()) {
          put++;
          PutResult result =
              kinesis.put(stream, "line-" + put, line.getBytes(StandardCharsets.UTF_8));
          last.put(result.shardId(), new BigInteger(result.sequenceNumber()));
        }
      }
    } catch (IOException e) {
      throw new UserError("The data cannot be read from " + data + ": " + e, e);
    }
    return put;
  }

  /** Whether everything was taken in; not if somebody ends it before, or nothing moves any more. */
  private boolean awaitTaken(PipelineRun run, int stage, long put) throws InterruptedException {
    long start = System.nanoTime();
    long movedAt = start;
    long shownAt = start;
    long before = 0;
    while (run.taken(stage) < put) {
      if (run.hasEnded()) {
        run.await();
        return false;
      }
      if (interrupts.await(POLL_MILLIS)) {
        return false;
      }
      long now = System.nanoTime();
      if (run.taken(stage) != before) {
        before = run.taken(stage);
        movedAt = now;
      }
      if (now - movedAt > TimeUnit.SECONDS.toNanos(STANDSTILL_SECONDS)) {
        status.say("Nothing has moved for " + STANDSTILL_SECONDS + " s.");
        run.standstills().forEach(status::say);
        return false;
      }
      if (now - shownAt > TimeUnit.MILLISECONDS.toNanos(STATUS_MILLIS)) {
        shownAt = now;
        status.show(run.status(TimeUnit.NANOSECONDS.toMillis(now - start)));
      }
    }
    return true;
  }

  private void show(PipelineRun run, LocalResults results, Host host) throws Exception {
    out.printf(
        "Read %,d records: %,d filtered out, %,d dead; stored %,d.%n",
        run.taken(), run.filtered(), run.dead(), run.stored());
    buckets().forEach(bucket -> results.showBucket(bucket, out));
    if (config.sink().name().equals("dynamodb")) {
      LocalResults.text(config.sink().values(), "table")
          .ifPresent(table -> results.showTable(table, out));
    }
    if (run.dead() > 0 && config.deadLetter().isPresent()) {
      showLetters(config.deadLetter().get(), host);
    }
    out.flush();
  }

  private void showLetters(Chosen<DeadLetterProvider> letters, Host host) throws Exception {
    if (letters.name().equals("skip")) {
      return;
    }
    out.println(
        "Dead letters (" + letters.name() + "), those of earlier runs included, the first ones:");
    int[] shown = {0};
    try (DeadLetterSource source =
        letters
            .provider()
            .source(letters.values(), ConnectorApplication.surroundings(config, host))) {
      source.read(
          letter -> {
            out.println(
                "  " + letter.shardId() + " " + letter.position() + ": " + letter.errorMessage());
            return ++shown[0] < MOST_LETTERS_SHOWN;
          });
    }
  }
}
