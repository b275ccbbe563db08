package io.millrace.connectors.redshift;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.connectors.message.Json;
import io.millrace.connectors.s3.Compression;
import io.millrace.connectors.s3.RecordFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * Reads files again, for the rows of which COPY has said that it dropped them. A row is found by
 * the lines that it stands on: one in JSON, in CSV as many as its texts have line breaks and one.
 */
final class StagedFiles implements FileRows {
  private final RecordFiles files;
  private final FileFormat format;
  private final Compression compression;
  private final List<String> columns;

  /**
   * @param columns of a CSV file, in its order, with those of {@link Staged}
   */
  StagedFiles(RecordFiles files, FileFormat format, Compression compression, List<String> columns) {
    this.files = files;
    this.format = format;
    this.compression = compression;
    this.columns = List.copyOf(columns);
  }

  @Override
  public List<DroppedRow> find(LoadFile file, List<LoadError> errors) throws IOException {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                files.read(file.location(), compression), StandardCharsets.UTF_8))) {
      return switch (format) {
        case CSV -> findInCsv(reader, columns, errors);
        case JSON -> findInJson(reader, errors);
        case PARQUET -> throw new IOException("COPY of Parquet drops no rows");
      };
    }
  }

  static List<DroppedRow> findInJson(BufferedReader reader, List<LoadError> errors)
      throws IOException {
    Lines lines = new Lines(errors);
    List<DroppedRow> rows = new ArrayList<>();
    long number = 0;
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      number++;
      LoadError error = lines.take(number, number);
      if (error != null) {
        JsonNode row = Json.read(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
        rows.add(row(row.path(Staged.SOURCE).asText(), row.path(Staged.POSITION).asText(), error));
      }
    }
    lines.requireAll();
    return rows;
  }

  static List<DroppedRow> findInCsv(
      BufferedReader reader, List<String> columns, List<LoadError> errors) throws IOException {
    Lines lines = new Lines(errors);
    List<DroppedRow> rows = new ArrayList<>();
    int source = columns.indexOf(Staged.SOURCE);
    int position = columns.indexOf(Staged.POSITION);
    try (CSVParser parser =
        CSVFormat.DEFAULT.builder().setIgnoreEmptyLines(false).get().parse(reader)) {
      long before = 0;
      for (CSVRecord row : parser) {
        long last = parser.getCurrentLineNumber();
        LoadError error = lines.take(before + 1, Math.max(last, before + 1));
        before = last;
        if (error != null) {
          if (row.size() <= Math.max(source, position)) {
            throw new IOException("line " + error.line() + " is no row of this sink");
          }
          rows.add(row(row.get(source), row.get(position), error));
        }
      }
    }
    lines.requireAll();
    return rows;
  }

  private static DroppedRow row(String source, String position, LoadError error)
      throws IOException {
    DroppedRow row = new DroppedRow(source, position, error.reason());
    try {
      row.record();
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new IOException("line " + error.line() + " is no row of this sink", e);
    }
    return row;
  }

  /** Errors by line; several about one row count once. */
  private static final class Lines {
    private final List<LoadError> errors;
    private final Set<LoadError> taken = new HashSet<>();

    Lines(List<LoadError> errors) {
      this.errors =
          errors.stream().sorted(java.util.Comparator.comparingLong(LoadError::line)).toList();
    }

    private int next;

    /** The first error about these lines, or null. Asked with rising lines. */
    LoadError take(long from, long to) {
      LoadError first = null;
      while (next < errors.size() && errors.get(next).line() <= to) {
        LoadError error = errors.get(next++);
        if (error.line() >= from) {
          taken.add(error);
          first = first == null ? error : first;
        }
      }
      return first;
    }

    void requireAll() throws IOException {
      for (LoadError error : errors) {
        if (!taken.contains(error)) {
          throw new IOException("the load-error view names line " + error.line() + ", not there");
        }
      }
    }
  }
}
