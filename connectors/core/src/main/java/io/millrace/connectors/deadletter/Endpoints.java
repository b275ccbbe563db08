package io.millrace.connectors.deadletter;

import io.millrace.connectors.config.Key;
import java.net.URI;
import java.net.URISyntaxException;

/** The key {@code endpoint} of destinations. */
public final class Endpoints {

  private Endpoints() {}

  /**
   * @param service as the description calls it
   */
  public static Key<URI> key(String service) {
    return Key.parsed(
            "endpoint",
            "a URL such as http://localhost:4567",
            value -> {
              try {
                URI uri = new URI(value.trim());
                boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
                if (!http || uri.getHost() == null) {
                  throw new IllegalArgumentException("it is none");
                }
                return uri;
              } catch (URISyntaxException e) {
                throw new IllegalArgumentException("it is none", e);
              }
            })
        .describedAs(service + ", where it is not the region's.");
  }
}
