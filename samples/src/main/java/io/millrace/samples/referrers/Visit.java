package io.millrace.samples.referrers;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;

/**
 * One visit to a web site, as it travels through the stream.
 *
 * @param resource the page that was asked for
 * @param referrer the site that led there
 * @param writer who put it into the stream
 * @param number the writer's running number, from 0: writer and number together are the visit's
 *     identity, by which the ledgers are compared
 */
record Visit(
    @JsonProperty("resource") String resource,
    @JsonProperty("referrer") String referrer,
    @JsonProperty("writer") String writer,
    @JsonProperty("number") long number) {

  /** The pages of the site. */
  static final List<String> RESOURCES =
      List.of("/index.html", "/docs/start.html", "/pricing.html", "/blog/latest.html");

  private static final ObjectMapper JSON = new ObjectMapper();

  byte[] toJson() {
    try {
      return JSON.writeValueAsBytes(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write " + this + " as JSON", e);
    }
  }

  /**
   * @throws IOException if it is not the JSON of a visit
   */
  static Visit fromJson(byte[] json) throws IOException {
    return JSON.readValue(json, Visit.class);
  }
}
