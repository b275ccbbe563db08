package io.millrace.connectors.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.connectors.contract.SinkDriver;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Commit;
import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.Positions;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RangeSink;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.Sink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/**
 * The smallest sink that keeps the contract: a file for each range, linked into place only if no
 * file of that name is there.
 */
public final class FilesDriver implements SinkDriver {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Override
  public Sink<Message> open(String destination) {
    return new FilesSink(Path.of(destination));
  }

  @Override
  public List<String> stored(String destination) throws IOException {
    List<String> ids = new ArrayList<>();
    try (Stream<Path> files = Files.list(Path.of(destination))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".range")).toList()) {
        for (JsonNode item : JSON.readTree(file.toFile()).get("items")) {
          ids.add(item.get("id").asText());
        }
      }
    }
    return ids;
  }

  private record FilesSink(Path directory) implements RangeSink<Message> {

    @Override
    public String name() {
      return "files";
    }

    @Override
    public String toString() {
      return directory.toString();
    }

    @Override
    public String nameFor(RangeStart start) {
      return start.shardId();
    }

    @Override
    public CompletionStage<Commit> commit(RecordRange<Message> range) {
      try {
        return CompletableFuture.completedFuture(write(range));
      } catch (IOException e) {
        return CompletableFuture.failedFuture(e);
      }
    }

    private Commit write(RecordRange<Message> range) throws IOException {
      ObjectNode content = JSON.createObjectNode();
      content.put("end", range.end().text());
      content.put("endSub", range.end().subSequenceNumber());
      ArrayNode items = content.putArray("items");
      List<Exclusion> exclusions = new ArrayList<>(range.exclusions());
      for (RangeItem<Message> item : range.items()) {
        try {
          items.add(item.value().json());
        } catch (MalformedMessageException e) {
          exclusions.add(new Exclusion(item.position(), e.getMessage()));
        }
      }
      ArrayNode excluded = content.putArray("excluded");
      for (Exclusion exclusion : exclusions) {
        excluded
            .addObject()
            .put("at", exclusion.position().text())
            .put("sub", exclusion.position().subSequenceNumber())
            .put("reason", exclusion.reason());
      }
      Path file =
          directory.resolve(range.name() + "-" + Positions.sortable(range.first()) + ".range");
      Path temporary =
          Files.createTempFile(directory, range.writer() + "-" + range.attempt(), ".part");
      try {
        Files.write(temporary, JSON.writeValueAsBytes(content));
        Files.createLink(file, temporary);
        return new Commit(range.end(), exclusions, true, Files.size(file));
      } catch (FileAlreadyExistsException e) {
        return read(file);
      } finally {
        Files.delete(temporary);
      }
    }

    private static Commit read(Path file) {
      try {
        JsonNode content = JSON.readTree(file.toFile());
        List<Exclusion> exclusions = new ArrayList<>();
        for (JsonNode e : content.get("excluded")) {
          exclusions.add(new Exclusion(at(e.get("at"), e.get("sub")), e.get("reason").asText()));
        }
        return new Commit(at(content.get("end"), content.get("endSub")), exclusions, false, 0);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static Checkpoint at(JsonNode number, JsonNode sub) {
      return Checkpoint.at(SequenceNumber.of(number.asText()), sub.asLong());
    }
  }
}
