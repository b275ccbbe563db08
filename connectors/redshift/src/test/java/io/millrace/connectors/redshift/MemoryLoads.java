package io.millrace.connectors.redshift;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.connectors.message.Json;
import io.millrace.connectors.s3.Compression;
import io.millrace.connectors.s3.RecordFiles;
import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.Positions;
import io.millrace.connectors.sink.SinkException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/**
 * A table and its history, as {@link RedshiftLoader} keeps them: all of a load or nothing, and each
 * range once. Reads what COPY would read, by the manifest.
 */
final class MemoryLoads {
  private final Map<List<String>, SourceRange> history = new LinkedHashMap<>();
  private final List<JsonNode> rows = new ArrayList<>();
  private final List<Load> loads = new ArrayList<>();

  /** Rows that do not fit the table. */
  Predicate<JsonNode> dropped = row -> false;

  /** How many loads are committed without anybody learning of it. */
  int lostAnswers;

  ManifestSink.Loads with(RecordFiles files, Compression compression) {
    return load -> {
      try {
        return load(load, files, compression);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }

  private synchronized CompletionStage<LoadResult> load(
      Load load, RecordFiles files, Compression compression) throws IOException {
    List<SourceRange> found =
        load.ranges().stream().map(r -> history.get(identity(r))).filter(r -> r != null).toList();
    if (!found.isEmpty()) {
      return CompletableFuture.completedFuture(new LoadResult.Found(found));
    }
    List<JsonNode> copied = load.files().isEmpty() ? List.of() : copy(load, files, compression);
    Map<List<String>, List<Exclusion>> exclusions = new LinkedHashMap<>();
    for (JsonNode row : copied) {
      if (dropped.test(row)) {
        exclusions.computeIfAbsent(of(load, row), k -> new ArrayList<>()).add(exclusion(row));
      }
    }
    List<SourceRange> ranges = new ArrayList<>();
    for (SourceRange range : load.ranges()) {
      List<Exclusion> ofRange = exclusions.getOrDefault(identity(range), List.of());
      ranges.add(range.without(ofRange, Math.max(0, range.rows() - ofRange.size())));
    }
    ranges.forEach(range -> history.put(identity(range), range));
    copied.stream().filter(dropped.negate()).forEach(rows::add);
    loads.add(load);
    if (lostAnswers > 0) {
      lostAnswers--;
      return CompletableFuture.failedFuture(SinkException.passing("the connection is lost", null));
    }
    return CompletableFuture.completedFuture(new LoadResult.Loaded(ranges));
  }

  private static List<JsonNode> copy(Load load, RecordFiles files, Compression compression)
      throws IOException {
    List<JsonNode> copied = new ArrayList<>();
    for (String line : lines(files, load.manifest(), Compression.NONE)) {
      for (JsonNode entry : json(line).get("entries")) {
        for (String row : lines(files, URI.create(entry.get("url").asText()), compression)) {
          copied.add(json(row));
        }
      }
    }
    if (copied.size() != load.rows()) {
      throw new IOException(load.rows() + " rows were promised, and there are " + copied.size());
    }
    return copied;
  }

  private static JsonNode json(String text) throws IOException {
    return Json.read(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static List<String> lines(RecordFiles files, URI uri, Compression compression)
      throws IOException {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(files.read(uri, compression), StandardCharsets.UTF_8))) {
      return reader.lines().toList();
    }
  }

  private static Exclusion exclusion(JsonNode row) {
    String position = row.get(Staged.POSITION).asText();
    return new Exclusion(
        Positions.parse(position.substring(0, position.lastIndexOf('.'))), "it does not fit");
  }

  private static List<String> of(Load load, JsonNode row) {
    Exclusion exclusion = exclusion(row);
    return load.ranges().stream()
        .filter(
            range ->
                range.source().equals(row.get(Staged.SOURCE).asText())
                    && range.first().compareTo(exclusion.position()) <= 0
                    && exclusion.position().compareTo(range.end()) <= 0)
        .map(MemoryLoads::identity)
        .findFirst()
        .orElseThrow();
  }

  private static List<String> identity(SourceRange range) {
    return List.of(range.stream(), range.shardId(), range.firstText());
  }

  synchronized List<String> ids() {
    return rows.stream().map(row -> row.get("id").asText()).toList();
  }

  synchronized List<Load> loads() {
    return List.copyOf(loads);
  }
}
