package io.millrace.embedded.redshift;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Type;
import org.xerial.snappy.Snappy;

/** Rows of a Parquet file; its columns are taken in their order, whatever their names. */
final class ParquetRows implements Row.Source {
  private static final int JULIAN_DAY_OF_EPOCH = 2_440_588;

  private final Path file;
  private final ParquetFileReader reader;
  private final MessageType schema;
  private final List<Column> columns;
  private RecordReader<Group> group;
  private long left;
  private long line;

  private ParquetRows(Path file, ParquetFileReader reader, List<Column> columns) {
    this.file = file;
    this.columns = columns;
    this.reader = reader;
    this.schema = reader.getFileMetaData().getSchema();
  }

  /** Stores the file first: its directory stands at its end. */
  static ParquetRows of(InputStream in, List<Column> columns, String url) throws IOException {
    Path file = Files.createTempFile("millrace-redshift-", ".parquet");
    ParquetRows rows = null;
    try (in) {
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
      ParquetReadOptions options =
          ParquetReadOptions.builder(new PlainParquetConfiguration())
              .withCodecFactory(new PageDecompressors())
              .build();
      ParquetRows opened =
          new ParquetRows(file, ParquetFileReader.open(new LocalInputFile(file), options), columns);
      if (opened.schema.getFieldCount() != columns.size()) {
        opened.close();
        throw new Refusal(
            Refusal.INTERNAL_ERROR,
            "Unmatched number of columns between table and file. Table columns: "
                + columns.size()
                + ", Data columns: "
                + opened.schema.getFieldCount()
                + ", File name: "
                + url);
      }
      rows = opened;
      return rows;
    } catch (RuntimeException e) {
      throw e instanceof Refusal
          ? e
          : new Refusal(
              Refusal.INTERNAL_ERROR, "The file " + url + " is no Parquet file: " + e.getMessage());
    } finally {
      if (rows == null) {
        Files.deleteIfExists(file);
      }
    }
  }

  @Override
  public Row next() throws IOException {
    while (left == 0) {
      PageReadStore pages = reader.readNextRowGroup();
      if (pages == null) {
        return null;
      }
      left = pages.getRowCount();
      group =
          new ColumnIOFactory()
              .getColumnIO(schema)
              .getRecordReader(pages, new GroupRecordConverter(schema));
    }
    left--;
    line++;
    Group record = group.read();
    String[] fields = new String[schema.getFieldCount()];
    for (int i = 0; i < fields.length; i++) {
      fields[i] = field(record, i);
    }
    return Row.good(line, String.join(",", fields), fields);
  }

  private String field(Group record, int index) {
    Type type = schema.getType(index);
    if (!type.isPrimitive() || type.isRepetition(Type.Repetition.REPEATED)) {
      throw new Refusal(
          Refusal.INTERNAL_ERROR,
          "The Parquet column '" + type.getName() + "' is nested: this stand-in reads plain ones");
    }
    if (record.getFieldRepetitionCount(index) == 0) {
      return null;
    }
    LogicalTypeAnnotation logical = type.getLogicalTypeAnnotation();
    PrimitiveType primitive = type.asPrimitiveType();
    return switch (primitive.getPrimitiveTypeName()) {
      case BOOLEAN -> String.valueOf(record.getBoolean(index, 0));
      case FLOAT -> String.valueOf(record.getFloat(index, 0));
      case DOUBLE -> String.valueOf(record.getDouble(index, 0));
      case INT32 -> integer(record.getInteger(index, 0), logical);
      case INT64 -> integer(record.getLong(index, 0), logical);
      case INT96 -> int96(record.getInt96(index, 0).getBytes());
      case BINARY, FIXED_LEN_BYTE_ARRAY ->
          binary(record.getBinary(index, 0).getBytes(), logical, columns.get(index).type());
    };
  }

  private static String integer(long value, LogicalTypeAnnotation logical) {
    if (logical instanceof DecimalLogicalTypeAnnotation decimal) {
      return BigDecimal.valueOf(value, decimal.getScale()).toPlainString();
    }
    if (logical instanceof LogicalTypeAnnotation.DateLogicalTypeAnnotation) {
      return LocalDate.ofEpochDay(value).toString();
    }
    if (logical instanceof TimestampLogicalTypeAnnotation timestamp) {
      ChronoUnit unit =
          switch (timestamp.getUnit()) {
            case MILLIS -> ChronoUnit.MILLIS;
            case MICROS -> ChronoUnit.MICROS;
            case NANOS -> ChronoUnit.NANOS;
          };
      return time(Instant.EPOCH.plus(value, unit));
    }
    return String.valueOf(value);
  }

  private static String int96(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long nanos = buffer.getLong();
    long day = buffer.getInt() - (long) JULIAN_DAY_OF_EPOCH;
    return time(Instant.EPOCH.plus(day, ChronoUnit.DAYS).plusNanos(nanos));
  }

  /** In the format that is read without TIMEFORMAT. */
  private static String time(Instant instant) {
    String text = instant.atOffset(ZoneOffset.UTC).toLocalDateTime().toString().replace('T', ' ');
    return text.length() == "2020-01-01 00:00".length() ? text + ":00" : text;
  }

  private static String binary(byte[] bytes, LogicalTypeAnnotation logical, Column.Type type) {
    if (logical instanceof DecimalLogicalTypeAnnotation decimal) {
      return new BigDecimal(new BigInteger(bytes), decimal.getScale()).toPlainString();
    }
    return type == Column.Type.VARBYTE
        ? HexFormat.of().formatHex(bytes)
        : new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    try {
      reader.close();
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /** The codecs of Parquet without those of Hadoop. */
  private static final class PageDecompressors implements CompressionCodecFactory {
    @Override
    public BytesInputCompressor getCompressor(CompressionCodecName codec) {
      throw new UnsupportedOperationException("only read");
    }

    @Override
    public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
      return new BytesInputDecompressor() {
        @Override
        public BytesInput decompress(BytesInput page, int size) throws IOException {
          return BytesInput.from(decompressed(codec, page.toByteArray(), size));
        }

        @Override
        public void decompress(ByteBuffer in, int length, ByteBuffer out, int size)
            throws IOException {
          byte[] page = new byte[length];
          in.get(page);
          out.put(decompressed(codec, page, size));
        }

        @Override
        public void release() {
          // holds nothing
        }
      };
    }

    private static byte[] decompressed(CompressionCodecName codec, byte[] page, int size)
        throws IOException {
      return switch (codec) {
        case UNCOMPRESSED -> page;
        case GZIP -> new GZIPInputStream(new ByteArrayInputStream(page)).readAllBytes();
        case SNAPPY -> Snappy.uncompress(page);
        case ZSTD -> Zstd.decompress(page, size);
        default ->
            throw new Refusal(
                Refusal.INTERNAL_ERROR,
                "The codec " + codec + " of a Parquet file is not part of this stand-in");
      };
    }

    @Override
    public void release() {
      // holds nothing
    }
  }
}
