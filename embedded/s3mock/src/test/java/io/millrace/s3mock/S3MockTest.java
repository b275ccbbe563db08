package io.millrace.s3mock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class S3MockTest {

  @Test
  void it_keeps_an_object_refuses_a_second_one() throws Exception {
    try (S3Mock s3 = S3Mock.start()) {
      assertThat(put(s3, "/bucket", "").statusCode()).isEqualTo(200);
      assertThat(put(s3, "/bucket/key", "first").statusCode()).isEqualTo(200);
      assertThat(put(s3, "/bucket/key", "second").statusCode()).isEqualTo(412);
      assertThat(get(s3, "/bucket/key").body()).isEqualTo("first");
    }
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
