package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The parts of the referrer counter one by one, as for AWS, with endpoints that stand in for it.
 */
@Tag("heavy")
class ReferrerPartsIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Pattern PAGE = Pattern.compile("Page: (http://\\S+/)");

  @TempDir Path folder;

  private final LocalEngines engines = new LocalEngines();
  private final List<Process> processes = new ArrayList<>();
  private final HttpClient http = HttpClient.newHttpClient();

  @AfterEach
  void end() {
    processes.forEach(Process::destroyForcibly);
    engines.close();
  }

  @Test
  void writer_counter_and_page_work_together_and_everything_is_deleted_when_asked_twice()
      throws Exception {
    Process writer = start("writer", "--create-shards", "2", "--rate", "100");
    Process counter = start("counter", "--worker", "counter-1");
    start("page", "--port", "0", "--no-browser");
    URI page = page();

    await().atMost(PATIENCE).until(() -> state(page).path("counts").path("top").size() == 3);
    JsonNode state = state(page);
    assertThat(state.path("place").path("processes").asBoolean()).isFalse();
    assertThat(state.path("place").path("recordsPerSecond").isNull()).isTrue();
    assertThat(state.path("totals").isNull()).as("totals, which only ledgers can say").isTrue();
    assertThat(state.path("trouble").isNull()).as(state.toString()).isTrue();
    assertThat(state.path("shards"))
        .hasSize(2)
        .allMatch(s -> s.path("owner").asText().equals("counter-1"));
    assertThat(state.path("workers").findValuesAsText("name")).containsExactly("counter-1");
    assertThat(act(page, "{\"action\":\"split\",\"shard\":\"shardId-000000000000\"}"))
        .contains("--allow-resharding");
    assertThat(act(page, "{\"action\":\"kill\",\"worker\":\"counter-1\"}"))
        .contains("run elsewhere");

    writer.destroy();
    counter.destroy(); // SIGTERM: it hands over and ends
    assertThat(counter.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(run("delete"))
        .containsExactly(
            "Would delete table referrer-counter (leases)",
            "Would delete table referrer-counter-counts (counts)",
            "Would delete stream visits (2 open shards)",
            "Nothing was deleted. Add --yes to delete it.");
    assertThat(tables()).contains("referrer-counter", "referrer-counter-counts");
    assertThat(streams()).containsExactly("visits");

    assertThat(run("delete", "--yes"))
        .containsExactly(
            "Deleted table referrer-counter (leases)",
            "Deleted table referrer-counter-counts (counts)",
            "Deleted stream visits (2 open shards)");
    assertThat(tables()).isEmpty();
    assertThat(streams()).isEmpty();
  }

  @Test
  void table_that_is_something_else_is_not_deleted_and_neither_is_the_rest() throws Exception {
    engines.kinesis.createStream("visits", 1);
    engines
        .dynamoDbClient
        .createTable(
            t ->
                t.tableName("referrer-counter-counts")
                    .billingMode("PAY_PER_REQUEST")
                    .attributeDefinitions(a -> a.attributeName("id").attributeType("S"))
                    .keySchema(k -> k.attributeName("id").keyType("HASH")))
        .join();

    Process delete = start("delete", "--yes");
    assertThat(delete.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(delete.exitValue()).isEqualTo(1);
    assertThat(Files.readString(folder.resolve("delete.err")))
        .contains("Table referrer-counter-counts is not deleted: its key is id")
        .contains("Nothing was deleted");
    assertThat(tables()).containsExactly("referrer-counter-counts");
    assertThat(streams()).containsExactly("visits");
  }

  private List<String> tables() {
    return engines.dynamoDbClient.listTables().join().tableNames();
  }

  private List<String> streams() {
    return engines.kinesisClient.listStreams().join().streamNames();
  }

  private URI page() {
    return await()
        .atMost(PATIENCE)
        .until(
            () -> {
              Matcher said = PAGE.matcher(Files.readString(folder.resolve("page.out")));
              return said.find() ? URI.create(said.group(1)) : null;
            },
            address -> address != null);
  }

  private JsonNode state(URI page) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(page.resolve("state")).build();
    return new ObjectMapper()
        .readTree(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
  }

  private String act(URI page, String action) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(page.resolve("actions"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(action))
            .build();
    HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(409);
    return answer.body();
  }

  /** Runs a part that ends by itself; what it says. */
  private List<String> run(String part, String... options) throws Exception {
    Process process = start(part, options);
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(folder.resolve(part + ".err"))).isZero();
    return Files.readAllLines(folder.resolve(part + ".out"));
  }

  private Process start(String part, String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.addAll(List.of("io.millrace.cli.Millrace", "referrers", part));
    command.addAll(List.of("--region", "us-east-1"));
    command.addAll(List.of("--kinesis-endpoint", engines.kinesis.endpoint().toString()));
    command.addAll(List.of("--dynamodb-endpoint", engines.dynamoDbEndpoint().toString()));
    command.addAll(List.of(options));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("AWS_ACCESS_KEY_ID", "test");
    builder.environment().put("AWS_SECRET_ACCESS_KEY", "test");
    Process process =
        builder
            .redirectOutput(folder.resolve(part + ".out").toFile())
            .redirectError(folder.resolve(part + ".err").toFile())
            .start();
    processes.add(process);
    return process;
  }
}
