package io.millrace.embedded.redshift;

import io.millrace.embedded.redshift.CopyStatement.Format;
import io.millrace.embedded.redshift.CopyStatement.Lines;
import io.millrace.embedded.redshift.CopyStatement.ValueOptions;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/** Rows of CSV and of the older delimited format. */
final class DelimitedRows implements Row.Source {

  /** A line that cannot be cut into fields. */
  private static final class BadLine extends Exception {
    private static final long serialVersionUID = 1;

    private BadLine(String reason) {
      super(reason, null, false, false);
    }
  }

  private final RawLines lines;
  private final char delimiter;
  private final char quote;
  private final boolean csv;
  private final boolean escape;
  private final boolean removeQuotes;
  private final Lines options;
  private final ValueOptions values;
  private final int columns;
  private int header;

  private DelimitedRows(Format format, InputStream in, ValueOptions values, int columns) {
    this.values = values;
    this.columns = columns;
    if (format instanceof Format.Csv f) {
      csv = true;
      delimiter = f.delimiter();
      quote = f.quote();
      escape = false;
      removeQuotes = false;
      options = f.lines();
      lines = RawLines.quoted(in, delimiter, quote);
    } else {
      Format.Delimited f = (Format.Delimited) format;
      csv = false;
      delimiter = f.delimiter();
      quote = '"';
      escape = f.escape();
      removeQuotes = f.removeQuotes();
      options = f.lines();
      lines = escape ? RawLines.escaped(in, '\\') : RawLines.plain(in);
    }
    header = options.header();
  }

  /**
   * @param columns how many fields a row is to have
   */
  static DelimitedRows of(Format format, InputStream in, ValueOptions values, int columns) {
    return new DelimitedRows(format, in, values, columns);
  }

  @Override
  public Row next() throws IOException {
    for (byte[] bytes = lines.next(); bytes != null; bytes = lines.next()) {
      if (header > 0) {
        header--;
      } else if (bytes.length > 0 || !options.ignoreBlank()) {
        return row(bytes);
      }
    }
    return null;
  }

  private Row row(byte[] bytes) {
    String text = Utf8.decode(bytes, values.invalidCharacter());
    if (text == null) {
      return Row.bad(
          lines.line(),
          Utf8.forMessage(bytes),
          1220,
          "String contains invalid or unsupported UTF8 codepoints.");
    }
    List<String> fields;
    try {
      fields = csv ? csvFields(text) : plainFields(text);
    } catch (BadLine e) {
      return Row.bad(lines.line(), text, 1214, e.getMessage());
    }
    if (fields.size() > columns) {
      return Row.bad(lines.line(), text, 1202, "Extra column(s) found");
    }
    if (fields.size() < columns && !options.fill()) {
      return Row.bad(lines.line(), text, 1214, "Delimiter not found");
    }
    String[] cells = new String[columns];
    for (int i = 0; i < fields.size(); i++) {
      String field = fields.get(i);
      cells[i] = field.equals(values.nullText()) ? null : field;
    }
    return Row.good(lines.line(), text, cells);
  }

  private List<String> csvFields(String text) throws BadLine {
    List<String> fields = new ArrayList<>(columns);
    StringBuilder field = new StringBuilder();
    int at = 0;
    while (true) {
      boolean quoted = at < text.length() && text.charAt(at) == quote;
      if (quoted) {
        at = quotedField(text, at + 1, field);
      } else {
        int end = text.indexOf(delimiter, at);
        int until = end < 0 ? text.length() : end;
        String plain = text.substring(at, until);
        if (plain.indexOf(quote) >= 0) {
          throw new BadLine("Invalid quote formatting for CSV");
        }
        field.append(plain);
        at = until;
      }
      fields.add(field.toString());
      field.setLength(0);
      if (at == text.length()) {
        return fields;
      }
      if (text.charAt(at) != delimiter) {
        throw new BadLine("Invalid quote formatting for CSV");
      }
      at++;
    }
  }

  /** Returns the place behind the closing quotation mark. */
  private int quotedField(String text, int from, StringBuilder field) throws BadLine {
    int at = from;
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c != quote) {
        field.append(c);
      } else if (at < text.length() && text.charAt(at) == quote) {
        field.append(c);
        at++;
      } else {
        return at;
      }
    }
    throw new BadLine("Missing closing quote for CSV");
  }

  private List<String> plainFields(String text) throws BadLine {
    List<String> fields = new ArrayList<>(columns);
    StringBuilder field = new StringBuilder();
    char open = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (escape && c == '\\' && i + 1 < text.length()) {
        char next = text.charAt(++i);
        // the sign for NULL stays what it is
        if (next == 'N') {
          field.append('\\');
        }
        field.append(next);
      } else if (removeQuotes && open == 0 && field.isEmpty() && (c == '"' || c == '\'')) {
        open = c;
      } else if (open != 0 && c == open) {
        open = 0;
      } else if (open == 0 && c == delimiter) {
        fields.add(field.toString());
        field.setLength(0);
      } else {
        field.append(c);
      }
    }
    if (open != 0) {
      throw new BadLine("Delimited value missing end quote");
    }
    fields.add(field.toString());
    // one more delimiter at the end of a line is allowed
    if (fields.size() == columns + 1 && fields.get(columns).isEmpty()) {
      fields.remove(columns);
    }
    return fields;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
