package io.millrace.samples.referrers.page;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.kcl.exec.DaemonThreads;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.sse.ServerSentEventConnection;
import io.undertow.server.handlers.sse.ServerSentEventHandler;
import io.undertow.util.AttachmentKey;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks for the state once a second and sends it, whole, to whoever listens: one that joins late or
 * again needs nothing else. A listener that is slow misses states, and none wait for it.
 */
final class Feed implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Feed.class);

  private static final long INTERVAL_MILLIS = 1_000;
  private static final long RETRY_MILLIS = 1_000;
  private static final int MAX_LISTENERS = 32;
  private static final AttachmentKey<AtomicBoolean> BUSY =
      AttachmentKey.create(AtomicBoolean.class);

  private final Supplier<PageState> states;
  private final ObjectMapper json = new ObjectMapper();
  private final ServerSentEventHandler listeners =
      new ServerSentEventHandler((connection, lastEventId) -> joined(connection));
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(DaemonThreads.named("page-feed"));
  private final AtomicBoolean wanted = new AtomicBoolean();
  private volatile String latest = "{}";
  private final ChartWatch chart = new ChartWatch();
  private boolean inTrouble; // on the thread only

  Feed(Supplier<PageState> states) {
    this.states = states;
  }

  void start() {
    thread.scheduleAtFixedRate(this::send, 0, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Sends a state out of turn: something was done. */
  void soon() {
    if (wanted.compareAndSet(false, true)) {
      try {
        thread.execute(this::send);
      } catch (RejectedExecutionException e) {
        log.debug("No state is sent any more: the page is being closed");
      }
    }
  }

  /** As JSON; an empty object before the first. */
  String latest() {
    return latest;
  }

  boolean isChartMoving() {
    return chart.isMoving();
  }

  HttpHandler handler() {
    return this::join;
  }

  private void join(HttpServerExchange exchange) throws Exception {
    if (listeners.getConnections().size() >= MAX_LISTENERS) {
      exchange.setStatusCode(StatusCodes.SERVICE_UNAVAILABLE);
      exchange.getResponseSender().send("More than " + MAX_LISTENERS + " pages are open.\n");
      return;
    }
    listeners.handleRequest(exchange);
  }

  private void joined(ServerSentEventConnection connection) {
    connection.putAttachment(BUSY, new AtomicBoolean());
    connection.sendRetry(RETRY_MILLIS);
    sendTo(connection, latest);
  }

  private void send() {
    wanted.set(false);
    try {
      PageState state = states.get();
      latest = json.writeValueAsString(state);
      listeners.getConnections().forEach(connection -> sendTo(connection, latest));
      chart.served(state.counts());
      inTrouble = false;
    } catch (JsonProcessingException | RuntimeException e) {
      if (!inTrouble) {
        inTrouble = true;
        log.warn("The page's state cannot be told; trying on", e);
      }
    }
  }

  private static void sendTo(ServerSentEventConnection connection, String state) {
    AtomicBoolean busy = connection.getAttachment(BUSY);
    if (busy == null || !busy.compareAndSet(false, true)) {
      return;
    }
    connection.send(
        state,
        new ServerSentEventConnection.EventCallback() {
          @Override
          public void done(ServerSentEventConnection c, String data, String event, String id) {
            busy.set(false);
          }

          @Override
          public void failed(
              ServerSentEventConnection c, String data, String event, String id, IOException e) {
            c.shutdown();
          }
        });
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
