package io.millrace.dynamodblocal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DynamoDbLocalTest {

  @Test
  void it_lists_its_tables_once_started_and_its_process_ends_on_close() throws Exception {
    ProcessHandle child;
    try (DynamoDbLocal dynamoDb = DynamoDbLocal.start()) {
      child = ProcessHandle.of(dynamoDb.pid()).orElseThrow();

      HttpResponse<String> answer = call(dynamoDb, "ListTables", "{}");

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).contains("\"TableNames\"");
    }
    assertThat(child.isAlive()).isFalse();
  }

  @Test
  void a_taken_port_is_said_in_one_sentence() throws Exception {
    try (ServerSocket taken = new ServerSocket(0)) {
      assertThatThrownBy(() -> DynamoDbLocal.start(taken.getLocalPort()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "DynamoDB Local cannot start: port %d is taken; choose another one, or 0 for any free"
                  + " one.",
              taken.getLocalPort());
    }
  }

  @Test
  void a_port_outside_the_range_is_refused() {
    assertThatThrownBy(() -> DynamoDbLocal.start(70_000))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("70000");
  }

  @Test
  void the_child_ends_when_its_parent_is_killed() throws Exception {
    Process parent =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ParentMain.class.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    long pid;
    try (var lines = parent.inputReader()) {
      pid = Long.parseLong(lines.readLine());
    } finally {
      parent.destroyForcibly();
    }

    ProcessHandle.of(pid).ifPresent(child -> child.onExit().orTimeout(30, TimeUnit.SECONDS).join());

    assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
  }

  /** Starts the server, prints its process id, and waits to be killed. */
  static final class ParentMain {
    public static void main(String[] args) throws Exception {
      DynamoDbLocal dynamoDb = DynamoDbLocal.start();
      System.out.println(dynamoDb.pid());
      System.out.flush();
      int ignored = System.in.read();
      System.exit(ignored);
    }
  }

  private static HttpResponse<String> call(DynamoDbLocal dynamoDb, String operation, String body)
      throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(dynamoDb.endpoint())
            .header("Content-Type", "application/x-amz-json-1.0")
            .header("X-Amz-Target", "DynamoDB_20120810." + operation)
            .header(
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=fake/20260101/us-east-1/dynamodb/aws4_request,"
                    + " SignedHeaders=host, Signature=0")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
  }
}
