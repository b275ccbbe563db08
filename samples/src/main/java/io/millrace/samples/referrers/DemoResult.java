package io.millrace.samples.referrers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a {@link Demo} ended.
 *
 * @param numbers what the JSON object says, in its order; null values are times that were asked for
 *     and could not be measured
 * @param complete whether every record was processed, and nothing that was not put
 * @param troubles what went wrong besides, in words
 * @param folder where ledgers, events and logs are; gone if all went well and nobody asked for them
 */
public record DemoResult(
    Map<String, Long> numbers, boolean complete, List<String> troubles, Path folder) {

  private static final ObjectMapper JSON = new ObjectMapper();

  public DemoResult {
    numbers = Collections.unmodifiableMap(new LinkedHashMap<>(numbers));
    troubles = List.copyOf(troubles);
  }

  /** Whether nothing was lost and nothing went wrong. */
  public boolean good() {
    return complete && troubles.isEmpty();
  }

  /** One JSON object, on one line. */
  public String toJson() {
    try {
      return JSON.writeValueAsString(numbers);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write " + numbers + " as JSON", e);
    }
  }
}
