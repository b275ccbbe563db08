package io.millrace.embedded.redshift;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/*
 * Rows that COPY could not load, in a file that the views read.
 *
 * A table would not do: in Redshift these views know neither snapshots nor rollbacks. A transaction
 * that began before the load sees its errors, and they stay when it is rolled back.
 */
final class LoadErrors {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS");

  private static final int LONGEST_RAW = 1024;
  private static final int LONGEST_REASON = 100;

  private final Path file;

  LoadErrors(Path file) throws IOException {
    this.file = file;
    Files.write(file, new byte[0]);
  }

  /**
   * @param session the process id of the connection
   * @param query the id of the COPY
   * @param user who loads
   */
  record Load(int session, int query, String user) {}

  void add(Load load, String url, Row row, Row.Bad bad, Column column) throws IOException {
    ObjectNode line = Json.MAPPER.createObjectNode();
    line.put("usename", load.user());
    line.put("starttime", TIME.format(LocalDateTime.now(ZoneOffset.UTC)));
    line.put("session", load.session());
    line.put("query", load.query());
    line.put("filename", url);
    line.put("line_number", row.line());
    line.put("colname", column == null ? "" : column.name());
    line.put("type", column == null ? "" : column.type().text());
    line.put("col_length", column == null ? "" : column.lengthText());
    line.put("tbl", column == null ? "0" : column.tableId());
    line.put("position", bad.column() < 0 ? 0 : position(row, bad.column()));
    line.put("raw_line", shown(row.raw(), LONGEST_RAW));
    line.put("raw_field_value", shown(bad.field(), LONGEST_RAW));
    line.put("err_code", bad.code());
    line.put("err_reason", shown(bad.reason(), LONGEST_REASON));
    byte[] bytes = (Json.MAPPER.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8);
    synchronized (this) {
      try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.APPEND)) {
        out.write(bytes);
      }
    }
  }

  private static int position(Row row, int column) {
    int position = 0;
    for (int i = 0; i < column && i < row.fields().length; i++) {
      position += (row.fields()[i] == null ? 0 : row.fields()[i].length()) + 1;
    }
    return position;
  }

  private static String shown(String text, int most) {
    String printable = text.replace('\0', '?');
    return printable.length() > most ? printable.substring(0, most) : printable;
  }
}
