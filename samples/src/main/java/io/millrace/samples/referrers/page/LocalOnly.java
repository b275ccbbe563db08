package io.millrace.samples.referrers.page;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.StatusCodes;
import java.util.List;

/*
 * The server listens on the loopback address, but a browser on this machine also runs what other
 * web sites send it. So a request must name this machine as its host (a site whose name was pointed
 * at 127.0.0.1 does not), and one that changes something must come from this very page: its Origin,
 * where the browser sends one, is ours, and its body is JSON, which a form of another site cannot
 * send without asking first.
 */

/** Lets requests of this machine's own page through, and tells browsers to load nothing else. */
final class LocalOnly implements HttpHandler {

  private static final List<String> HOSTS = List.of("localhost", "127.0.0.1", "[::1]");
  private static final int HTTP_PORT = 80;
  private static final HttpString SECURITY_POLICY = new HttpString("Content-Security-Policy");
  private static final HttpString FETCH_SITE = new HttpString("Sec-Fetch-Site");
  private static final HttpString NO_SNIFF = new HttpString("X-Content-Type-Options");
  private static final HttpString REFERRER_POLICY = new HttpString("Referrer-Policy");

  private final HttpHandler next;

  LocalOnly(HttpHandler next) {
    this.next = next;
  }

  @Override
  public void handleRequest(HttpServerExchange exchange) throws Exception {
    exchange
        .getResponseHeaders()
        .put(
            SECURITY_POLICY,
            "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
        .put(NO_SNIFF, "nosniff")
        .put(REFERRER_POLICY, "no-referrer");
    String refusal = Asked.of(exchange).refusal();
    if (refusal == null) {
      next.handleRequest(exchange);
      return;
    }
    exchange.setStatusCode(StatusCodes.FORBIDDEN);
    exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "text/plain; charset=utf-8");
    exchange.getResponseSender().send(refusal + "\n");
  }

  /**
   * What decides about a request; what it does not say is null.
   *
   * @param port that it came in at
   * @param changes whether it is more than a read
   * @param origin of the page that sent it, by its browser
   * @param site how that page is related to us, by its browser
   */
  record Asked(
      int port, boolean changes, String host, String origin, String site, String contentType) {

    static Asked of(HttpServerExchange exchange) {
      HeaderMap headers = exchange.getRequestHeaders();
      return new Asked(
          exchange.getDestinationAddress().getPort(),
          !exchange.getRequestMethod().equals(Methods.GET)
              && !exchange.getRequestMethod().equals(Methods.HEAD),
          headers.getFirst(Headers.HOST),
          headers.getFirst(Headers.ORIGIN),
          headers.getFirst(FETCH_SITE),
          headers.getFirst(Headers.CONTENT_TYPE));
    }

    /** Why it is not let through; null if it is. */
    String refusal() {
      if (!isOurs(host)) {
        return "Host '" + host + "' is not this page's; open http://localhost:" + port + "/";
      }
      if (!changes) {
        return null;
      }
      if (origin != null && !(origin.startsWith("http://") && isOurs(origin.substring(7)))) {
        return "Requests from " + origin + " are not accepted, only from the page itself.";
      }
      if (site != null && !site.equals("same-origin")) {
        return "Requests from other sites are not accepted.";
      }
      if (contentType == null || !contentType.startsWith("application/json")) {
        return "Content-Type is '" + contentType + "'; allowed: application/json";
      }
      return null;
    }

    private boolean isOurs(String hostAndPort) {
      return hostAndPort != null
          && HOSTS.stream()
              .anyMatch(
                  name ->
                      hostAndPort.equals(name + ":" + port)
                          || (port == HTTP_PORT && hostAndPort.equals(name)));
    }
  }
}
