package io.millrace.s3mock;

import jakarta.servlet.ServletException;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URL;
import java.util.stream.IntStream;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.springframework.boot.tomcat.TomcatWebServer;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;

/**
 * Lets conditional requests for one key in one after another. S3Mock looks whether there is an
 * object, and stores one later: of two conditional puts at the same moment both would succeed,
 * which S3 promises not to happen.
 */
final class Promises extends ValveBase {
  private static final int LOCKS = 256;

  private final Object[] locks = IntStream.range(0, LOCKS).mapToObj(i -> new Object()).toArray();

  private Promises() {
    super(true);
  }

  /** Puts itself in front of what S3Mock serves. */
  static void addTo(Object context) {
    TomcatWebServer server =
        (TomcatWebServer) ((ServletWebServerApplicationContext) context).getWebServer();
    server.getTomcat().getHost().getPipeline().addValve(new Promises());
  }

  @Override
  public void invoke(Request request, Response response) throws IOException, ServletException {
    if (request.getMethod().equals("DELETE") && request.getParameter("uploadId") != null) {
      keepObject(request);
    }
    if (request.getHeader("If-None-Match") == null && request.getHeader("If-Match") == null) {
      getNext().invoke(request, response);
      return;
    }
    synchronized (locks[Math.floorMod(request.getRequestURI().hashCode(), LOCKS)]) {
      getNext().invoke(request, response);
    }
  }

  private static void keepObject(Request request) throws IOException {
    URL object = new URL("http", "127.0.0.1", request.getLocalPort(), request.getRequestURI());
    HttpURLConnection head = (HttpURLConnection) object.openConnection();
    head.setRequestMethod("HEAD");
    if (head.getResponseCode() == HttpURLConnection.HTTP_OK) {
      request.getCoyoteRequest().requestURI().setString(request.getRequestURI() + "-aborted");
    }
    head.disconnect();
  }
}
