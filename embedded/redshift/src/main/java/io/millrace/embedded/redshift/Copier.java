package io.millrace.embedded.redshift;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.github.luben.zstd.ZstdInputStream;
import io.millrace.embedded.redshift.Column.BadField;
import io.millrace.embedded.redshift.CopyStatement.Access;
import io.millrace.embedded.redshift.CopyStatement.Format;
import io.millrace.embedded.redshift.S3Objects.Place;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;

/** Reads what a COPY names, and makes of it what PostgreSQL's COPY FROM STDIN takes. */
final class Copier {
  private static final int CHUNK_BYTES = 1 << 16;

  /** An arbitrary beginning: ids that look like ids. */
  private static final int FIRST_QUERY_ID = 1_000;

  private final S3Objects objects;
  private final LoadErrors errors;
  private final AllowedAccess allowed;
  private final AtomicInteger queryIds = new AtomicInteger(FIRST_QUERY_ID);

  Copier(S3Objects objects, LoadErrors errors, AllowedAccess allowed) {
    this.objects = objects;
    this.errors = errors;
    this.allowed = allowed;
  }

  /** Whose COPY it is. */
  record Client(String user, int processId) {}

  /** Takes the data, in pieces. */
  interface Chunks {
    void write(byte[] bytes, int length) throws IOException;
  }

  /**
   * Finds the files.
   *
   * @throws Refusal if they may not be read, or are not there
   */
  Load open(CopyStatement copy, List<Column> columns, Client client) throws IOException {
    int queryId = queryIds.incrementAndGet();
    checkAccess(copy.access(), client, queryId);
    List<JsonPath> paths = List.of();
    if (copy.format() instanceof Format.Json json && json.paths().startsWith("s3://")) {
      paths = JsonPath.file(json.paths(), text(json.paths(), "The JSONPaths file", queryId));
      if (paths.size() != columns.size()) {
        throw new Refusal(
            Refusal.INTERNAL_ERROR,
            "Number of jsonpaths and the number of columns should match. JSONPath size: "
                + paths.size()
                + ", Number of columns in table or column list: "
                + columns.size());
      }
    }
    return new Load(copy, columns, client, queryId, files(copy, queryId), paths);
  }

  private void checkAccess(Access access, Client client, int queryId) {
    if (access instanceof Access.Role role && !allowed.allows(role)) {
      throw new Refusal(
          Refusal.INTERNAL_ERROR,
          "User arn:aws:redshift:us-east-1:000000000000:dbuser:local/"
              + client.user()
              + " is not authorized to assume IAM Role "
              + role.arn(),
          detail(30000, queryId, role.arn()));
    }
    if (access instanceof Access.Keys keys && !allowed.allows(keys)) {
      throw new Refusal(
          Refusal.INTERNAL_ERROR,
          "S3ServiceException:The AWS Access Key Id you provided does not exist in our"
              + " records.,Status 403,Error InvalidAccessKeyId",
          detail(8001, queryId, keys.accessKeyId()));
    }
  }

  private static String detail(int code, int queryId, String context) {
    return "code: " + code + ", context: " + context + ", query: " + queryId;
  }

  private String text(String url, String what, int queryId) throws IOException {
    try (InputStream in = objects.open(Place.of(url))) {
      if (in == null) {
        throw new Refusal(
            Refusal.INTERNAL_ERROR,
            what
                + " cannot be read - S3ServiceException:The specified key does not exist.,Status"
                + " 404,Error NoSuchKey",
            detail(8001, queryId, url));
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private List<Place> files(CopyStatement copy, int queryId) throws IOException {
    String url = copy.from().url();
    if (copy.from().manifest()) {
      return manifest(copy, text(url, "Problem reading manifest file: it", queryId), queryId);
    }
    List<Place> found = objects.list(Place.of(url));
    if (found.isEmpty()) {
      throw new Refusal(
          Refusal.INTERNAL_ERROR,
          "The specified S3 prefix '" + Place.of(url).key() + "' does not exist",
          detail(8001, queryId, url));
    }
    return found;
  }

  private List<Place> manifest(CopyStatement copy, String text, int queryId) throws IOException {
    String url = copy.from().url();
    JsonNode entries;
    try {
      entries = Json.MAPPER.readTree(text).path("entries");
    } catch (JsonProcessingException e) {
      throw badManifest(url, e.getOriginalMessage());
    }
    if (!entries.isArray()) {
      throw badManifest(url, "it has no array \"entries\"");
    }
    List<Place> files = new ArrayList<>();
    for (JsonNode entry : entries) {
      String file = entry.path("url").asText("");
      if (!file.startsWith("s3://")) {
        throw badManifest(url, "the entry " + entry + " has no \"url\" that begins with s3://");
      }
      Place place = Place.of(file);
      long size = objects.size(place);
      if (size >= 0) {
        checkLength(copy, entry, size, url);
        files.add(place);
      } else if (entry.path("mandatory").asBoolean(false)) {
        throw new Refusal(
            Refusal.INTERNAL_ERROR,
            "Mandatory url is not present in manifest file: " + file,
            detail(8001, queryId, url));
      }
    }
    if (files.isEmpty() && !entries.isEmpty()) {
      throw new Refusal(
          Refusal.INTERNAL_ERROR,
          "None of the files of the manifest exists",
          detail(8001, queryId, url));
    }
    return files;
  }

  private static void checkLength(CopyStatement copy, JsonNode entry, long size, String url) {
    if (!(copy.format() instanceof Format.Parquet)) {
      return;
    }
    JsonNode length = entry.path("meta").path("content_length");
    if (!length.isIntegralNumber()) {
      throw badManifest(
          url,
          "File size entry not found in manifest: PARQUET needs \"meta\": {\"content_length\"}");
    }
    if (length.longValue() != size) {
      throw badManifest(
          url,
          entry.path("url").asText()
              + " has "
              + size
              + " bytes, but its content_length is "
              + length.longValue());
    }
  }

  private static Refusal badManifest(String url, String reason) {
    return new Refusal(
        Refusal.INTERNAL_ERROR, "Problem reading manifest file " + url + ": " + reason);
  }

  /** One COPY at work; for one thread. */
  final class Load implements Closeable {
    private final CopyStatement copy;
    private final List<Column> columns;
    private final Client client;
    private final int queryId;
    private final List<Place> files;
    private final List<JsonPath> paths;
    private final ByteArrayOutputStream chunk = new ByteArrayOutputStream(2 * CHUNK_BYTES);
    private long count;
    private int bad;

    private Load(
        CopyStatement copy,
        List<Column> columns,
        Client client,
        int queryId,
        List<Place> files,
        List<JsonPath> paths) {
      this.copy = copy;
      this.columns = columns;
      this.client = client;
      this.queryId = queryId;
      this.files = files;
      this.paths = paths;
    }

    int queryId() {
      return queryId;
    }

    long count() {
      return count;
    }

    String report() {
      return "Load into table '"
          + copy.tableName()
          + "' completed, "
          + count
          + " record(s) loaded successfully."
          + (bad == 0
              ? ""
              : "  "
                  + bad
                  + " record(s) could not be loaded.  Check 'stl_load_errors' system table for"
                  + " details.");
    }

    /**
     * Hands all rows over.
     *
     * @throws Refusal if there are more bad ones than are allowed
     */
    void rows(Chunks chunks) throws IOException {
      for (Place file : files) {
        try (Row.Source rows = source(file)) {
          for (Row row = rows.next(); row != null; row = rows.next()) {
            add(file, row);
            if (chunk.size() >= CHUNK_BYTES) {
              flush(chunks);
            }
          }
        }
      }
      flush(chunks);
    }

    private void flush(Chunks chunks) throws IOException {
      byte[] bytes = chunk.toByteArray();
      chunk.reset();
      if (bytes.length > 0) {
        chunks.write(bytes, bytes.length);
      }
    }

    private Row.Source source(Place file) throws IOException {
      InputStream stored = objects.open(file);
      if (stored == null) {
        throw new Refusal(
            Refusal.INTERNAL_ERROR,
            "S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey",
            detail(8001, queryId, file.url()));
      }
      if (copy.format() instanceof Format.Parquet) {
        return ParquetRows.of(stored, columns, file.url());
      }
      InputStream in = plain(stored, file);
      if (copy.format() instanceof Format.Json json) {
        Character replacement = copy.values().invalidCharacter();
        return paths.isEmpty()
            ? JsonRows.byName(in, replacement, columns, !json.paths().equals("auto"))
            : JsonRows.byPath(in, replacement, columns, paths);
      }
      return DelimitedRows.of(copy.format(), in, copy.values(), columns.size());
    }

    private InputStream plain(InputStream stored, Place file) throws IOException {
      try {
        return switch (copy.from().compression()) {
          case NONE -> stored;
          case GZIP -> new GZIPInputStream(stored, CHUNK_BYTES);
          case ZSTD -> new ZstdInputStream(stored);
        };
      } catch (IOException e) {
        stored.close();
        throw new Refusal(
            Refusal.INTERNAL_ERROR,
            "The file is not compressed with " + copy.from().compression() + ": " + e.getMessage(),
            detail(1216, queryId, file.url()));
      }
    }

    private void add(Place file, Row row) throws IOException {
      if (row.bad() != null) {
        reject(file, row, row.bad());
        return;
      }
      String[] values = new String[columns.size()];
      for (int i = 0; i < values.length; i++) {
        try {
          values[i] = columns.get(i).convert(row.fields()[i], copy.values());
        } catch (BadField e) {
          String field = row.fields()[i] == null ? "" : row.fields()[i];
          reject(file, row, new Row.Bad(e.code(), e.getMessage(), i, field));
          return;
        }
      }
      count++;
      if (!copy.from().noLoad()) {
        write(values);
      }
    }

    private void reject(Place file, Row row, Row.Bad why) throws IOException {
      bad++;
      Column column = why.column() < 0 ? null : columns.get(why.column());
      errors.add(
          new LoadErrors.Load(client.processId(), queryId, client.user()),
          file.url(),
          row,
          why,
          column);
      if (bad >= copy.maxErrors()) {
        throw new Refusal(
            Refusal.INTERNAL_ERROR,
            "Load into table '"
                + copy.tableName()
                + "' failed.  Check 'stl_load_errors' system table for details.");
      }
    }

    /** PostgreSQL's text format. */
    private void write(String[] values) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < values.length; i++) {
        if (i > 0) {
          line.append('\t');
        }
        if (values[i] == null) {
          line.append("\\N");
        } else {
          escape(values[i], line);
        }
      }
      chunk.writeBytes(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
    }

    private static void escape(String value, StringBuilder line) {
      for (int i = 0; i < value.length(); i++) {
        char c = value.charAt(i);
        switch (c) {
          case '\\' -> line.append("\\\\");
          case '\t' -> line.append("\\t");
          case '\n' -> line.append("\\n");
          case '\r' -> line.append("\\r");
          default -> line.append(c);
        }
      }
    }

    @Override
    public void close() {
      chunk.reset();
    }
  }
}
