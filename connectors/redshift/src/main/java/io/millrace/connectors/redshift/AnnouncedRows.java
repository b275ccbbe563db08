package io.millrace.connectors.redshift;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.connectors.message.Json;
import io.millrace.connectors.s3.Compression;
import io.millrace.connectors.s3.RecordFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** Reads the rows of a file that was announced, whatever line they stand on. */
final class AnnouncedRows implements DroppedLetters.Rows {
  private final RecordFiles files;
  private final List<String> columns;

  /**
   * @param columns of a CSV file, in its order, with those of {@link Staged}
   */
  AnnouncedRows(RecordFiles files, List<String> columns) {
    this.files = files;
    this.columns = List.copyOf(columns);
  }

  @Override
  public void read(Announcement file, Consumer<JsonNode> row) throws IOException {
    Compression compression = Compression.valueOf(file.compression().toUpperCase(Locale.ROOT));
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                files.read(URI.create(file.uri()), compression), StandardCharsets.UTF_8))) {
      switch (file.format()) {
        case "ndjson" -> readJson(reader, row);
        case "csv" -> readCsv(reader, row);
        default -> throw new IOException("COPY of " + file.format() + " drops no rows");
      }
    }
  }

  private static void readJson(BufferedReader reader, Consumer<JsonNode> row) throws IOException {
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      row.accept(Json.read(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8))));
    }
  }

  private void readCsv(BufferedReader reader, Consumer<JsonNode> row) throws IOException {
    try (CSVParser parser =
        CSVFormat.DEFAULT
            .builder()
            .setIgnoreEmptyLines(false)
            .setNullString(CopyOptions.CSV_NULL)
            .get()
            .parse(reader)) {
      for (CSVRecord record : parser) {
        ObjectNode values = JsonNodeFactory.instance.objectNode();
        for (int i = 0; i < Math.min(columns.size(), record.size()); i++) {
          if (record.get(i) != null) {
            values.put(columns.get(i), record.get(i));
          }
        }
        row.accept(values);
      }
    }
  }
}
