package io.millrace.s3mock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class S3MockTest {

  @Test
  void it_keeps_an_object_refuses_a_second_one_and_its_process_ends_on_close() throws Exception {
    ProcessHandle child;
    try (S3Mock s3 = S3Mock.start()) {
      child = ProcessHandle.of(s3.pid()).orElseThrow();

      assertThat(put(s3, "/bucket", "").statusCode()).isEqualTo(200);
      assertThat(put(s3, "/bucket/key", "first").statusCode()).isEqualTo(200);
      assertThat(put(s3, "/bucket/key", "second").statusCode()).isEqualTo(412);
      assertThat(get(s3, "/bucket/key").body()).isEqualTo("first");
    }
    assertThat(child.isAlive()).isFalse();
  }

  @Test
  void of_several_conditional_puts_at_the_same_moment_one_succeeds() throws Exception {
    try (S3Mock s3 = S3Mock.start()) {
      put(s3, "/bucket", "");
      HttpClient client = HttpClient.newHttpClient();
      for (int round = 0; round < 20; round++) {
        String key = "/bucket/key" + round;
        List<CompletableFuture<Integer>> puts =
            IntStream.range(0, 4)
                .mapToObj(
                    i ->
                        client
                            .sendAsync(
                                request(s3, key)
                                    .header("If-None-Match", "*")
                                    .PUT(HttpRequest.BodyPublishers.ofString("writer " + i))
                                    .build(),
                                HttpResponse.BodyHandlers.discarding())
                            .thenApply(HttpResponse::statusCode))
                .toList();
        assertThat(puts.stream().map(CompletableFuture::join)).containsOnlyOnce(200);
      }
    }
  }

  @Test
  void nobody_outside_of_this_machine_reaches_it() throws Exception {
    InetAddress outer =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(a -> a instanceof Inet4Address && !a.isLoopbackAddress())
            .findFirst()
            .orElse(null);
    Assumptions.assumeTrue(outer != null, "this machine has no other address");
    try (S3Mock s3 = S3Mock.start();
        Socket socket = new Socket()) {
      assertThatThrownBy(
              () -> socket.connect(new InetSocketAddress(outer, s3.endpoint().getPort()), 5_000))
          .isInstanceOf(ConnectException.class);
    }
  }

  @Test
  void a_taken_port_is_said_in_one_sentence() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      assertThatThrownBy(() -> S3Mock.start(taken.getLocalPort()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "S3Mock cannot start: port %d is taken; choose another one, or 0 for any free one.",
              taken.getLocalPort());
    }
  }

  @Test
  void a_port_outside_the_range_is_refused() {
    assertThatThrownBy(() -> S3Mock.start(70_000))
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
      S3Mock s3 = S3Mock.start();
      System.out.println(s3.pid());
      System.out.flush();
      int ignored = System.in.read();
      System.exit(ignored);
    }
  }

  private static HttpResponse<String> put(S3Mock s3, String path, String body) throws Exception {
    return send(
        request(s3, path)
            .header("If-None-Match", "*")
            .PUT(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  private static HttpResponse<String> get(S3Mock s3, String path) throws Exception {
    return send(request(s3, path).GET().build());
  }

  private static HttpRequest.Builder request(S3Mock s3, String path) {
    return HttpRequest.newBuilder(URI.create(s3.endpoint() + path));
  }

  private static HttpResponse<String> send(HttpRequest request) throws Exception {
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
  }
}
