package io.millrace.samples.referrers.page;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.samples.referrers.page.Fleet.RefusedException;

/** What a button asks for. */
public sealed interface Action {

  /** Splits a shard in the middle. */
  record Split(String shard) implements Action {}

  /** Merges two adjacent shards. */
  record Merge(String shard, String other) implements Action {}

  /** Starts one more worker. */
  record AddWorker() implements Action {}

  /** Lets a worker hand its shards over and end (SIGTERM). */
  record Stop(String worker) implements Action {}

  /** Kills a worker (SIGKILL). */
  record Kill(String worker) implements Action {}

  /** Suspends a worker (SIGSTOP). */
  record Pause(String worker) implements Action {}

  /** Lets a suspended worker go on (SIGCONT). */
  record Resume(String worker) implements Action {}

  /** From now on the writer puts so many records a second. */
  record SetRate(int recordsPerSecond) implements Action {}

  /** As the page sends it: {@code {"action": "merge", "shard": "…", "other": "…"}}. */
  static Action parse(String json) {
    JsonNode asked;
    try {
      asked = new ObjectMapper().readTree(json);
    } catch (JsonProcessingException e) {
      throw new RefusedException("The request is not JSON: " + e.getOriginalMessage() + ".");
    }
    String name = asked.path("action").asText();
    return switch (name) {
      case "split" -> new Split(text(asked, "shard"));
      case "merge" -> new Merge(text(asked, "shard"), text(asked, "other"));
      case "add-worker" -> new AddWorker();
      case "stop" -> new Stop(text(asked, "worker"));
      case "kill" -> new Kill(text(asked, "worker"));
      case "pause" -> new Pause(text(asked, "worker"));
      case "resume" -> new Resume(text(asked, "worker"));
      case "rate" -> new SetRate(wholeNumber(asked, "rate"));
      default ->
          throw new RefusedException(
              "There is no action '"
                  + name
                  + "'; there are split, merge, add-worker, stop, kill, pause, resume and rate.");
    };
  }

  private static String text(JsonNode asked, String field) {
    JsonNode value = asked.path(field);
    if (!value.isTextual() || value.asText().isBlank()) {
      throw new RefusedException("Say which " + field + ".");
    }
    return value.asText();
  }

  private static int wholeNumber(JsonNode asked, String field) {
    JsonNode value = asked.path(field);
    if (!value.isInt()) {
      throw new RefusedException("The " + field + " has to be a whole number, not " + value + ".");
    }
    return value.asInt();
  }
}
