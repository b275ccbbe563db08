package io.millrace.samples.referrers.page;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.samples.referrers.page.Fleet.RefusedException;
import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.BlockingHandler;
import io.undertow.server.handlers.resource.ClassPathResourceManager;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.Options;

/**
 * Serves the page, its state as server-sent events, and what its buttons ask for, on the loopback
 * address.
 *
 * <pre>
 * GET  /         the page
 * GET  /state    what it shows, once
 * GET  /events   the same, every second, as server-sent events
 * POST /actions  an {@link Action}
 * </pre>
 */
public final class PageServer implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(PageServer.class);

  private static final String LOOPBACK = "127.0.0.1";
  private static final String WEB_FILES = "io/millrace/samples/referrers/page/web";
  private static final String CHART_JAR = "META-INF/maven/org.webjars.npm/chart.js/pom.properties";
  private static final String CHART_FILES = "META-INF/resources/webjars/chart.js/";
  private static final long MAX_REQUEST_BYTES = 4_096;

  private final Fleet fleet;
  private final Feed feed;
  private final Undertow server;
  private final int port;

  private PageServer(Fleet fleet, int port) {
    this.fleet = fleet;
    this.feed = new Feed(fleet::state);
    this.server =
        Undertow.builder()
            .addHttpListener(port, LOOPBACK)
            .setIoThreads(1)
            .setWorkerThreads(4)
            .setWorkerOption(Options.WORKER_NAME, "page")
            .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, MAX_REQUEST_BYTES)
            .setHandler(new LocalOnly(routes()))
            .build();
    boolean started = false;
    try {
      server.start();
      started = true;
    } finally {
      if (!started) {
        feed.close();
      }
    }
    this.port = ((InetSocketAddress) server.getListenerInfo().get(0).getAddress()).getPort();
    feed.start();
  }

  /**
   * Starts to serve.
   *
   * @param port 0 for any free one
   * @throws IllegalStateException if the port is taken
   */
  public static PageServer start(int port, Fleet fleet) {
    try {
      return new PageServer(fleet, port);
    } catch (RuntimeException e) {
      throw new IllegalStateException(
          "The page cannot be served at port "
              + port
              + " of "
              + LOOPBACK
              + " ("
              + (e.getCause() == null ? e : e.getCause()).getMessage()
              + "): end what uses it, or choose another one with --port.",
          e);
    }
  }

  /** Where the page is. */
  public URI address() {
    return URI.create("http://localhost:" + port + "/");
  }

  /** Whether newer visits have been served than those that were served first. */
  public boolean isChartMoving() {
    return feed.isChartMoving();
  }

  private HttpHandler routes() {
    ClassLoader loader = PageServer.class.getClassLoader();
    return Handlers.path(
            Handlers.resource(new ClassPathResourceManager(loader, WEB_FILES))
                .setWelcomeFiles("index.html")
                .setCacheTime(0))
        .addPrefixPath(
            "/lib/chart.js",
            Handlers.resource(
                    new ClassPathResourceManager(loader, CHART_FILES + chartVersion() + "/dist"))
                .setCacheTime(0))
        .addExactPath("/state", this::sendState)
        .addExactPath("/events", feed.handler())
        .addExactPath("/actions", new BlockingHandler(this::act));
  }

  /** As the jar on the class path says, so that the version is written in the build only. */
  private static String chartVersion() {
    Properties properties = new Properties();
    try (InputStream jar = PageServer.class.getClassLoader().getResourceAsStream(CHART_JAR)) {
      properties.load(jar);
    } catch (IOException | NullPointerException e) {
      throw new IllegalStateException(
          "The chart library is not on the class path: " + CHART_JAR, e);
    }
    return properties.getProperty("version");
  }

  private void sendState(HttpServerExchange exchange) {
    exchange.getResponseHeaders().put(Headers.CACHE_CONTROL, "no-store");
    sendJson(exchange, StatusCodes.OK, feed.latest());
  }

  private void act(HttpServerExchange exchange) throws IOException {
    if (!exchange.getRequestMethod().equals(Methods.POST)) {
      answer(exchange, StatusCodes.METHOD_NOT_ALLOWED, "error", "Actions are sent with POST.");
      return;
    }
    String body = new String(exchange.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      String done = fleet.act(Action.parse(body));
      answer(exchange, StatusCodes.OK, "done", done);
    } catch (RefusedException e) {
      answer(exchange, StatusCodes.CONFLICT, "error", e.getMessage());
    } catch (RuntimeException e) {
      log.warn("Action {} failed", body, e);
      answer(
          exchange,
          StatusCodes.INTERNAL_SERVER_ERROR,
          "error",
          "That failed: " + (e.getCause() == null ? e : e.getCause()).getMessage());
    }
    feed.soon();
  }

  private static void answer(HttpServerExchange exchange, int status, String what, String words) {
    try {
      sendJson(exchange, status, new ObjectMapper().writeValueAsString(Map.of(what, words)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write as JSON: " + words, e);
    }
  }

  private static void sendJson(HttpServerExchange exchange, int status, String json) {
    exchange.setStatusCode(status);
    exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/json; charset=utf-8");
    exchange.getResponseSender().send(json);
  }

  @Override
  public void close() {
    server.stop();
    feed.close();
  }
}
