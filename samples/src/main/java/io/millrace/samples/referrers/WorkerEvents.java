package io.millrace.samples.referrers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Reads what workers wrote with {@link EventFile}, as far as it has been written. Of each worker
 * the last {@value #KEPT} events are kept. Not safe for use by several threads.
 */
final class WorkerEvents {

  /**
   * @param shard null if it is not about one
   * @param reason in words; null if it has none
   */
  record Event(long atMillis, String worker, String name, String shard, String reason) {}

  private static final int KEPT = 1_000;

  private final Path folder;
  private final ObjectMapper json = new ObjectMapper();
  private final Map<Path, Long> offsets = new HashMap<>();
  private final Map<String, Deque<Event>> byWorker = new HashMap<>();

  WorkerEvents(Path folder) {
    this.folder = folder;
  }

  /** Reads what was appended since the last call; an incomplete last line waits for the next. */
  void refresh() {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".events")).sorted().toList()) {
        readOn(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the events in " + folder, e);
    }
  }

  /** In the order in which the worker wrote them. */
  List<Event> since(String worker, long millis) {
    return new ArrayList<>(byWorker.getOrDefault(worker, new ArrayDeque<>()))
        .stream().filter(e -> e.atMillis() >= millis).toList();
  }

  private void readOn(Path file) throws IOException {
    long offset = offsets.getOrDefault(file, 0L);
    String news;
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      channel.position(offset);
      ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(channel.size() - offset));
      while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
        // reads on
      }
      news = new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
    }
    int complete = news.lastIndexOf('\n') + 1;
    for (String line : news.substring(0, complete).lines().toList()) {
      JsonNode event = json.readTree(line);
      String worker = event.path("worker").asText();
      Deque<Event> events = byWorker.computeIfAbsent(worker, w -> new ArrayDeque<>());
      events.addLast(
          new Event(
              event.path("at").asLong(),
              worker,
              event.path("event").asText(),
              event.path("shard").textValue(),
              event.path("reason").textValue()));
      if (events.size() > KEPT) {
        events.removeFirst();
      }
    }
    offsets.put(file, offset + news.substring(0, complete).getBytes(StandardCharsets.UTF_8).length);
  }
}
