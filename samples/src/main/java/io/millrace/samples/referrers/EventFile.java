package io.millrace.samples.referrers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.kcl.WorkerListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What happens to a worker, one JSON object a line: {@code at} (milliseconds since the epoch),
 * {@code worker}, {@code event}, and what belongs to that event.
 */
final class EventFile implements WorkerListener {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Ledger file;
  private final String worker;
  private final InstantSource clock;

  EventFile(Ledger file, String worker, InstantSource clock) {
    this.file = file;
    this.worker = worker;
    this.clock = clock;
  }

  @Override
  public void leaseTaken(String shardId, long fencingToken) {
    write("leaseTaken", Map.of("shard", shardId, "token", fencingToken));
  }

  @Override
  public void leaseEnded(String shardId, String reason) {
    write("leaseEnded", Map.of("shard", shardId, "reason", reason));
  }

  @Override
  public void selfFenced(boolean fenced) {
    write(fenced ? "fenced" : "goesOn", Map.of());
  }

  @Override
  public void gap(String shardId, String description) {
    write("gap", Map.of("shard", shardId, "description", description));
  }

  void write(String event, Map<String, Object> more) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("at", clock.millis());
    line.put("worker", worker);
    line.put("event", event);
    line.putAll(more);
    try {
      file.append(JSON.writeValueAsString(line) + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write event " + line, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
