package io.millrace.browser;

import static org.awaitility.Awaitility.await;

import io.millrace.checkpoint.SequenceNumber;
import io.millrace.lease.Lease;
import io.millrace.lease.dynamodb.DynamoDbLeaseStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** The demo, as a user runs it, and its tables, read by other means than the page's. */
final class RunningDemo implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String APPLICATION = "referrer-counter";

  /** A shard whose counts are older is not counted; see the table's description in the guide. */
  private static final int STALE_SECONDS = 3;

  private final Path folder;
  private final Process process;
  private final DynamoDbAsyncClient dynamoDb;
  private final DynamoDbLeaseStore leases;
  final URI page;

  RunningDemo(Path folder) throws IOException {
    this.folder = folder;
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Djava.io.tmpdir=" + folder);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add("io.millrace.cli.Millrace");
    command.addAll(List.of("demo", "--no-browser", "--port", "0"));
    process =
        new ProcessBuilder(command)
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(folder.resolve("err").toFile())
            .start();
    page = URI.create(said("Page: (http://localhost:\\d+/)"));
    dynamoDb =
        DynamoDbAsyncClient.builder()
            .endpointOverride(URI.create(said("DynamoDB (http://[^ ,]+)")))
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
            .region(Region.US_EAST_1)
            .build();
    leases = DynamoDbLeaseStore.builder(dynamoDb, APPLICATION).build();
  }

  /** What the demo's standard error says, once it does. */
  String said(String pattern) {
    Pattern wanted = Pattern.compile(pattern);
    return await()
        .atMost(PATIENCE)
        .until(
            () -> {
              if (!process.isAlive()) {
                throw new IllegalStateException("The demo has ended: " + errors());
              }
              Matcher matcher = wanted.matcher(errors());
              return matcher.find() ? Optional.of(matcher.group(1)) : Optional.<String>empty();
            },
            Optional::isPresent)
        .get();
  }

  String errors() {
    try {
      return Files.readString(folder.resolve("err"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** By shard. */
  Map<String, Lease> leases() {
    Map<String, Lease> byShard = new TreeMap<>();
    leases
        .scan()
        .toCompletableFuture()
        .join()
        .leases()
        .forEach(lease -> byShard.put(lease.key().value(), lease));
    return byShard;
  }

  /** Unfinished ones. */
  Map<String, Lease> leasesOf(String worker) {
    Map<String, Lease> held = leases();
    held.values()
        .removeIf(
            l ->
                l.isFinished()
                    || l.ownerSession().filter(s -> s.workerId().equals(worker)).isEmpty());
    return held;
  }

  /** The visits of each referrer at a second, by the table of counts. */
  Map<String, Long> visits(long second) {
    Map<String, Long> newest = new HashMap<>();
    List<Map<String, AttributeValue>> items = new ArrayList<>();
    dynamoDb
        .scanPaginator(s -> s.tableName(APPLICATION + "-counts").consistentRead(true))
        .items()
        .subscribe(items::add)
        .join();
    items.removeIf(item -> second(item) > second || second(item) <= second - STALE_SECONDS);
    items.forEach(item -> newest.merge(shard(item), second(item), Math::max));
    items.removeIf(item -> second(item) < newest.get(shard(item)));
    Map<String, Long> visits = new TreeMap<>();
    items.forEach(
        item ->
            item.get("counts")
                .m()
                .forEach((who, n) -> visits.merge(who, Long.valueOf(n.n()), Long::sum)));
    return visits;
  }

  private static long second(Map<String, AttributeValue> item) {
    return Long.parseLong(item.get("at").s().split("#", 2)[0]);
  }

  private static String shard(Map<String, AttributeValue> item) {
    return item.get("at").s().split("#", 2)[1];
  }

  /** The last record of each shard that a worker wrote into its ledger. */
  Map<String, SequenceNumber> lastProcessed(String worker) throws IOException {
    Map<String, SequenceNumber> last = new HashMap<>();
    for (String line : Files.readAllLines(ledger(worker))) {
      String[] fields = line.split(" ");
      if (fields[0].equals("record") && fields.length == 6) {
        last.merge(fields[2], SequenceNumber.of(fields[3]), (a, b) -> a.compareTo(b) >= 0 ? a : b);
      }
    }
    return last;
  }

  private Path ledger(String worker) throws IOException {
    try (Stream<Path> folders = Files.list(folder)) {
      return folders
          .filter(f -> f.getFileName().toString().startsWith("millrace-demo-"))
          .findFirst()
          .orElseThrow()
          .resolve(worker + ".ledger");
    }
  }

  @Override
  public void close() {
    dynamoDb.close();
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
