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

/** The demo, as a user runs it: real processes, one of them really killed. */
@Tag("heavy")
class DemoIT {

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir Path folder;

  private Process demo;

  @AfterEach
  void end() {
    if (demo != null) {
      demo.destroyForcibly();
    }
  }

  @Test
  void nothing_is_lost_when_a_worker_is_killed_and_a_shard_is_split() throws Exception {
    // late enough for both workers to hold shards on a busy machine
    start("--seconds", "36", "--kill-after", "20", "--split-after", "28");
    JsonNode result = result();

    assertThat(result.get("put").asLong()).isPositive();
    assertThat(result.get("lost").asLong()).as(result.toString()).isZero();
    assertThat(result.get("distinct")).as(result.toString()).isEqualTo(result.get("put"));
    assertThat(result.get("failoverMillis").isNumber()).as(result.toString()).isTrue();
    assertThat(result.get("reshardGapMillis").isNumber()).as(result.toString()).isTrue();
  }

  @Test
  void nothing_is_lost_or_seen_twice_when_a_worker_is_stopped_and_shards_are_merged()
      throws Exception {
    start("--seconds", "36", "--stop-after", "20", "--merge-after", "28");
    JsonNode result = result();

    assertThat(result.get("put").asLong()).isPositive();
    assertThat(result.get("lost").asLong()).as(result.toString()).isZero();
    assertThat(result.get("distinct")).as(result.toString()).isEqualTo(result.get("put"));
    assertThat(result.get("duplicates").asLong()).as(result.toString()).isZero();
    assertThat(result.get("handoverMillis").isNumber()).as(result.toString()).isTrue();
  }

  @Test
  void sigterm_ends_it_in_order_with_a_result() throws Exception {
    start();
    await().atMost(PATIENCE).until(() -> processes().size() >= 3 && Files.size(err()) > 300);
    demo.toHandle().destroy();

    assertThat(result().get("lost").asLong()).isZero();
  }

  @Test
  void no_process_outlives_a_demo_that_is_killed() throws Exception {
    start();
    await().atMost(PATIENCE).until(() -> processes().size() >= 3);
    List<ProcessHandle> children = processes();
    demo.destroyForcibly();

    await().atMost(PATIENCE).until(() -> children.stream().noneMatch(ProcessHandle::isAlive));
  }

  @Test
  void a_paused_worker_does_not_outlive_a_demo_that_is_killed_either() throws Exception {
    start("--port", "0");
    await().atMost(PATIENCE).until(() -> Files.readString(err()).contains("leases worker-1: "));
    assertThat(act("{\"action\":\"pause\",\"worker\":\"worker-1\"}")).contains("SIGSTOP");
    List<ProcessHandle> children = processes();
    assertThat(children).hasSizeGreaterThanOrEqualTo(3);
    demo.destroyForcibly();

    await().atMost(PATIENCE).until(() -> children.stream().noneMatch(ProcessHandle::isAlive));
  }

  /** As a button of the page does it. */
  private String act(String action) throws IOException, InterruptedException {
    Matcher page = Pattern.compile("Page: (http://\\S+)").matcher(Files.readString(err()));
    assertThat(page.find()).isTrue();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(page.group(1) + "actions"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(action))
            .build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  /** The workers and DynamoDB Local. */
  private List<ProcessHandle> processes() {
    return demo.descendants().toList();
  }

  private void start(String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Djava.io.tmpdir=" + folder); // also for what a killed demo cannot remove
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add("io.millrace.cli.Millrace");
    command.addAll(List.of("demo", "--no-browser", "--rate", "100"));
    command.addAll(List.of(options));
    demo =
        new ProcessBuilder(command)
            .redirectOutput(out().toFile())
            .redirectError(err().toFile())
            .start();
  }

  /** The last line that the demo, which has to end well, wrote. */
  private JsonNode result() throws IOException, InterruptedException {
    assertThat(demo.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("it ends").isTrue();
    String said = Files.readString(err());
    assertThat(demo.exitValue()).as(said).isZero();
    List<String> lines = Files.readAllLines(out());
    return new ObjectMapper().readTree(lines.get(lines.size() - 1));
  }

  private Path out() {
    return folder.resolve("out");
  }

  private Path err() {
    return folder.resolve("err");
  }
}
