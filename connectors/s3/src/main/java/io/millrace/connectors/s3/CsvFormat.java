package io.millrace.connectors.s3;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** Fields of JSON objects as lines of CSV. */
final class CsvFormat implements ObjectFormat<Object[]> {
  private final Compression compression;
  private final List<Column> columns;
  private final CSVFormat format;
  private final String nullText;

  CsvFormat(Compression compression, CsvOptions options) {
    this.compression = compression;
    this.columns = options.columns();
    this.nullText = options.nullText();
    CSVFormat.Builder builder =
        CSVFormat.Builder.create()
            .setDelimiter(options.delimiter())
            .setQuote('"')
            .setQuoteMode(options.quoting().mode())
            .setRecordSeparator('\n')
            .setNullString(options.nullText());
    if (options.header()) {
      builder.setHeader(columns.stream().map(Column::name).toArray(String[]::new));
    }
    this.format = builder.get();
  }

  @Override
  public Object[] prepare(Message message) {
    return Fields.of(message, columns, this::value);
  }

  private Object value(Column column, JsonNode node) {
    if (!node.isValueNode()) {
      throw new MalformedMessageException(
          Fields.refused(column, node, "a text, a number or a boolean"));
    }
    if (nullText != null && node.asText().equals(nullText)) {
      throw new MalformedMessageException(
          Fields.refused(column, node, "any other text: in this file that one stands for none"));
    }
    return node.isNumber()
        ? node.decimalValue()
        : node.isBoolean() ? (Object) node.booleanValue() : node.asText();
  }

  @Override
  public File<Object[]> open(SpillBuffer out) throws IOException {
    CSVPrinter printer =
        format.print(
            new BufferedWriter(
                new OutputStreamWriter(
                    Compressors.stream(compression, out), StandardCharsets.UTF_8)));
    return new File<>() {
      @Override
      public void write(Object[] row) throws IOException {
        printer.printRecord(row);
      }

      @Override
      public void close() throws IOException {
        printer.close();
      }
    };
  }
}
