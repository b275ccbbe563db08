package io.millrace.embedded.redshift;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Objects of one bucket in memory, by GET, HEAD and list; the IT has S3Mock in its place. */
final class FakeS3 implements AutoCloseable {
  static final String BUCKET = "data";

  private static final int PAGE = 3;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newFixedThreadPool(4);
  private final ConcurrentSkipListMap<String, byte[]> objects = new ConcurrentSkipListMap<>();

  FakeS3() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException("no port", e);
    }
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  void put(String key, String text) {
    objects.put(key, text.getBytes(StandardCharsets.UTF_8));
  }

  void put(String key, byte[] bytes) {
    objects.put(key, bytes);
  }

  void clear() {
    objects.clear();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath().substring(1);
      if (!path.equals(BUCKET) && !path.startsWith(BUCKET + "/")) {
        send(exchange, 404, error("NoSuchBucket", "The specified bucket does not exist"));
      } else if (path.equals(BUCKET)) {
        send(
            exchange,
            200,
            list(exchange.getRequestURI().getRawQuery()).getBytes(StandardCharsets.UTF_8));
      } else {
        byte[] object = objects.get(path.substring(BUCKET.length() + 1));
        send(
            exchange,
            object == null ? 404 : 200,
            object == null ? error("NoSuchKey", "The specified key does not exist.") : object);
      }
    }
  }

  private static byte[] error(String code, String message) {
    return ("<Error><Code>" + code + "</Code><Message>" + message + "</Message></Error>")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", String.valueOf(body.length));
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }

  private String list(String query) {
    String prefix = "";
    String after = "";
    for (String part : query.split("&")) {
      String value =
          URLDecoder.decode(part.substring(part.indexOf('=') + 1), StandardCharsets.UTF_8);
      if (part.startsWith("prefix=")) {
        prefix = value;
      } else if (part.startsWith("continuation-token=")) {
        after = value;
      }
    }
    StringBuilder xml = new StringBuilder("<ListBucketResult>");
    int shown = 0;
    for (Map.Entry<String, byte[]> object : objects.tailMap(after, after.isEmpty()).entrySet()) {
      if (object.getKey().startsWith(prefix)) {
        xml.append("<Contents><Key>").append(object.getKey()).append("</Key></Contents>");
        if (++shown == PAGE) {
          xml.append("<NextContinuationToken>")
              .append(object.getKey())
              .append("</NextContinuationToken>");
          break;
        }
      }
    }
    return xml.append("</ListBucketResult>").toString();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
