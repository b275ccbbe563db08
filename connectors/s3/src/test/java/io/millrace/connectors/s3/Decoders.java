package io.millrace.connectors.s3;

import io.airlift.compress.snappy.SnappyDecompressor;
import io.airlift.compress.snappy.SnappyFramedInputStream;
import io.airlift.compress.zstd.ZstdDecompressor;
import io.airlift.compress.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
import org.apache.parquet.schema.MessageType;

/** Reads what the sink wrote with other libraries than those it writes with. */
final class Decoders {

  private Decoders() {}

  static String text(Compression compression, byte[] bytes) {
    try (InputStream in = stream(compression, new ByteArrayInputStream(bytes))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InputStream stream(Compression compression, InputStream in) throws IOException {
    return switch (compression) {
      case NONE -> in;
      case GZIP -> new GZIPInputStream(in);
      case ZSTD -> new ZstdInputStream(in);
      case SNAPPY -> new SnappyFramedInputStream(in);
    };
  }

  /** What a Parquet file holds. */
  record ParquetRows(MessageType schema, List<CompressionCodecName> codecs, List<Group> rows) {}

  static ParquetRows parquet(byte[] bytes) {
    try {
      Path file = Files.createTempFile("test-", ".parquet");
      try {
        Files.write(file, bytes);
        return read(file);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ParquetRows read(Path path) throws IOException {
    ParquetReadOptions options =
        ParquetReadOptions.builder(new PlainParquetConfiguration())
            .withCodecFactory(new PageDecompressors())
            .build();
    try (ParquetFileReader reader = ParquetFileReader.open(new LocalInputFile(path), options)) {
      MessageType schema = reader.getFileMetaData().getSchema();
      List<CompressionCodecName> codecs =
          reader.getFooter().getBlocks().stream()
              .flatMap(block -> block.getColumns().stream())
              .map(column -> column.getCodec())
              .distinct()
              .toList();
      List<Group> rows = new ArrayList<>();
      for (PageReadStore pages = reader.readNextRowGroup();
          pages != null;
          pages = reader.readNextRowGroup()) {
        RecordReader<Group> records =
            new ColumnIOFactory()
                .getColumnIO(schema)
                .getRecordReader(pages, new GroupRecordConverter(schema));
        for (long i = 0; i < pages.getRowCount(); i++) {
          rows.add(records.read());
        }
      }
      return new ParquetRows(schema, codecs, rows);
    }
  }

  private static final class PageDecompressors implements CompressionCodecFactory {
    @Override
    public BytesInputCompressor getCompressor(CompressionCodecName codec) {
      throw new UnsupportedOperationException();
    }

    @Override
    public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
      return new BytesInputDecompressor() {
        @Override
        public BytesInput decompress(BytesInput page, int size) throws IOException {
          return BytesInput.from(decompressed(codec, page.toByteArray(), size));
        }

        @Override
        public void decompress(ByteBuffer in, int length, ByteBuffer out, int size) {
          throw new UnsupportedOperationException();
        }

        @Override
        public void release() {}
      };
    }

    private static byte[] decompressed(CompressionCodecName codec, byte[] page, int size)
        throws IOException {
      byte[] out = new byte[size];
      switch (codec) {
        case UNCOMPRESSED -> out = page;
        case GZIP -> out = new GZIPInputStream(new ByteArrayInputStream(page)).readAllBytes();
        case SNAPPY -> new SnappyDecompressor().decompress(page, 0, page.length, out, 0, size);
        case ZSTD -> new ZstdDecompressor().decompress(page, 0, page.length, out, 0, size);
        default -> throw new IllegalArgumentException(codec.name());
      }
      return out;
    }

    @Override
    public void release() {}
  }
}
