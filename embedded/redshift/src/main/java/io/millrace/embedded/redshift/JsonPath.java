package io.millrace.embedded.redshift;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** A path of a file of JSONPaths: {@code $.a.b[0]} or {@code $['a']['b'][0]}. */
final class JsonPath {

  private final List<Object> steps;

  private JsonPath(List<Object> steps) {
    this.steps = steps;
  }

  /** Reads the file <code>{"jsonpaths": ["$.a", "$.b"]}</code>. */
  static List<JsonPath> file(String url, String text) {
    JsonNode paths;
    try {
      paths = Json.MAPPER.readTree(text).path("jsonpaths");
    } catch (JsonProcessingException e) {
      throw refused(url, "it is no JSON: " + e.getOriginalMessage());
    }
    if (!paths.isArray() || paths.isEmpty()) {
      throw refused(url, "it has no array \"jsonpaths\"");
    }
    List<JsonPath> all = new ArrayList<>();
    for (JsonNode path : paths) {
      JsonPath parsed = path.isTextual() ? parse(path.textValue()) : null;
      if (parsed == null) {
        throw refused(url, "the path " + path + " is not understood");
      }
      all.add(parsed);
    }
    return all;
  }

  private static Refusal refused(String url, String reason) {
    return new Refusal(
        Refusal.INTERNAL_ERROR,
        "Invalid JSONPath format. Supported notations are 'dot-notation' and 'bracket-notation':"
            + " "
            + url
            + ": "
            + reason);
  }

  /** Null if it is none. */
  static JsonPath parse(String path) {
    if (!path.startsWith("$")) {
      return null;
    }
    List<Object> steps = new ArrayList<>();
    int at = 1;
    while (at < path.length()) {
      int end;
      if (path.charAt(at) == '.') {
        end = at + 1;
        while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
          end++;
        }
        steps.add(path.substring(at + 1, end));
      } else if (path.startsWith("['", at)) {
        int close = path.indexOf("']", at);
        if (close < 0) {
          return null;
        }
        steps.add(path.substring(at + 2, close));
        end = close + 2;
      } else {
        int close = path.indexOf(']', at);
        if (path.charAt(at) != '['
            || close < 0
            || !path.substring(at + 1, close).matches("\\d{1,9}")) {
          return null;
        }
        steps.add(Integer.valueOf(path.substring(at + 1, close)));
        end = close + 1;
      }
      at = end;
    }
    return new JsonPath(steps);
  }

  /** What is there; null or missing if nothing is. */
  JsonNode in(JsonNode root) {
    JsonNode node = root;
    for (Object step : steps) {
      node = step instanceof Integer index ? node.path(index) : node.path((String) step);
    }
    return node;
  }
}
