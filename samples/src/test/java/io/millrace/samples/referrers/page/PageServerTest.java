package io.millrace.samples.referrers.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.samples.referrers.page.PageState.Place;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PageServerTest {

  private final AtomicLong time = new AtomicLong(1);
  private final Set<Action> done = ConcurrentHashMap.newKeySet();
  private final HttpClient http = HttpClient.newHttpClient();
  private final PageServer server = PageServer.start(0, new FakeFleet());

  private final class FakeFleet implements Fleet {
    @Override
    public PageState state() {
      return PageState.starting(
          time.getAndIncrement(), new Place("visits", "counts", "here", true, true, 5));
    }

    @Override
    public String act(Action action) {
      if (action instanceof Action.Kill) {
        throw new RefusedException("Nobody is called that.");
      }
      if (action instanceof Action.Stop) {
        throw new IllegalStateException("stopping failed", new IOException("no such process"));
      }
      done.add(action);
      return "It is done.";
    }
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void page_style_scripts_and_chart_come_from_the_server_and_may_load_nothing_else()
      throws Exception {
    for (String path :
        new String[] {
          "",
          "page.css",
          "page.js",
          "chart.js",
          "lineage.js",
          "icon.svg",
          "lib/chart.js/chart.umd.min.js"
        }) {
      HttpResponse<String> answer = get(path);
      assertThat(answer.statusCode()).as(path).isEqualTo(200);
      assertThat(answer.headers().firstValue("Content-Security-Policy").orElse(""))
          .as(path)
          .startsWith("default-src 'self'");
    }
    assertThat(get("").body()).doesNotContain("http://", "https://", "style=");
    assertThat(get("PageServer.class").statusCode()).isEqualTo(404);
    assertThat(get("..%2f..%2flogback.xml").statusCode()).isEqualTo(404);
  }

  @Test
  void every_listener_gets_the_whole_state_again_and_again_however_late_it_joins()
      throws Exception {
    for (int i = 0; i < 2; i++) {
      HttpResponse<Stream<String>> events =
          http.send(request("events").build(), HttpResponse.BodyHandlers.ofLines());
      try (Stream<String> lines = events.body()) {
        Iterator<String> states = lines.filter(line -> line.startsWith("data:")).iterator();
        String first = states.next();
        String second = states.next();
        assertThat(first).isNotEqualTo(second);
        assertThat(second).contains("\"phase\":\"starting\"").contains("\"stream\":\"visits\"");
      }
    }
  }

  @Test
  void what_a_button_asks_for_is_done_and_answered_in_words() throws Exception {
    HttpResponse<String> answer = post("{\"action\":\"pause\",\"worker\":\"worker-1\"}");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"done\":\"It is done.\"}");
    assertThat(done).containsExactly(new Action.Pause("worker-1"));
  }

  @Test
  void what_cannot_be_done_is_an_error_in_words() throws Exception {
    HttpResponse<String> refused = post("{\"action\":\"kill\",\"worker\":\"x\"}");
    assertThat(refused.statusCode()).isEqualTo(409);
    assertThat(refused.body()).isEqualTo("{\"error\":\"Nobody is called that.\"}");
    HttpResponse<String> failed = post("{\"action\":\"stop\",\"worker\":\"x\"}");
    assertThat(failed.statusCode()).isEqualTo(500);
    assertThat(failed.body()).contains("no such process");
    assertThat(post("nonsense").statusCode()).isEqualTo(409);
    assertThat(get("actions").statusCode()).isEqualTo(405);
  }

  @Test
  void request_with_another_host_or_from_another_origin_is_refused() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", server.address().getPort())) {
      socket
          .getOutputStream()
          .write(
              "GET /state HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .startsWith("HTTP/1.1 403")
          .doesNotContain("visits");
    }
    HttpRequest foreign =
        request("actions")
            .header("Origin", "http://evil.example")
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"action\":\"add-worker\"}"))
            .build();
    assertThat(http.send(foreign, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isEqualTo(403);
    assertThat(done).isEmpty();
  }

  @Test
  void taken_port_is_named_with_the_option_that_changes_it() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getByName("127.0.0.1"))) {
      assertThatThrownBy(() -> PageServer.start(taken.getLocalPort(), new FakeFleet()))
          .hasMessageContaining("port " + taken.getLocalPort())
          .hasMessageContaining("--port");
    }
  }

  @Test
  void state_is_there_for_those_who_ask_once() {
    await().until(() -> get("state").body().contains("\"phase\":\"starting\""));
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
        URI.create("http://127.0.0.1:" + server.address().getPort() + "/" + path));
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return http.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String body) throws IOException, InterruptedException {
    return http.send(
        request("actions")
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
