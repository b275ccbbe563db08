package io.millrace.connectors.s3;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.xerial.snappy.Snappy;
import org.xerial.snappy.SnappyFramedOutputStream;

/** The libraries that compress. */
final class Compressors {
  private static final int BUFFER = 64 << 10;

  /** Collects what is written in small pieces; what is larger goes past it. */
  private static final int PIECES = 16 << 10;

  private Compressors() {}

  /** A stream that compresses; closing it writes its end and leaves the other one open. */
  static OutputStream stream(Compression compression, OutputStream to) throws IOException {
    OutputStream kept = new KeptOpen(to);
    return switch (compression) {
      case NONE -> kept;
      case GZIP -> new BufferedOutputStream(new GZIPOutputStream(kept, BUFFER), PIECES);
      case ZSTD ->
          new BufferedOutputStream(
              new ZstdOutputStream(kept, Zstd.defaultCompressionLevel()), PIECES);
      case SNAPPY -> new SnappyFramedOutputStream(kept);
    };
  }

  static CompressionCodecName parquetCodec(Compression compression) {
    return switch (compression) {
      case NONE -> CompressionCodecName.UNCOMPRESSED;
      case GZIP -> CompressionCodecName.GZIP;
      case ZSTD -> CompressionCodecName.ZSTD;
      case SNAPPY -> CompressionCodecName.SNAPPY;
    };
  }

  private static final class KeptOpen extends FilterOutputStream {
    KeptOpen(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }

  /** Compresses the pages of a Parquet file without Hadoop's classes. */
  static final class PageCompressors implements CompressionCodecFactory {

    @Override
    public BytesInputCompressor getCompressor(CompressionCodecName codec) {
      return new BytesInputCompressor() {
        @Override
        public BytesInput compress(BytesInput page) throws IOException {
          return BytesInput.from(compressed(codec, page));
        }

        @Override
        public CompressionCodecName getCodecName() {
          return codec;
        }

        @Override
        public void release() {}
      };
    }

    private static byte[] compressed(CompressionCodecName codec, BytesInput page)
        throws IOException {
      return switch (codec) {
        case UNCOMPRESSED -> page.toByteArray();
        case SNAPPY -> Snappy.compress(page.toByteArray());
        case ZSTD -> Zstd.compress(page.toByteArray(), Zstd.defaultCompressionLevel());
        case GZIP -> {
          ByteArrayOutputStream bytes = new ByteArrayOutputStream();
          try (GZIPOutputStream gzip = new GZIPOutputStream(bytes, BUFFER)) {
            page.writeAllTo(gzip);
          }
          yield bytes.toByteArray();
        }
        default -> throw new IllegalArgumentException("Not one of ours: " + codec);
      };
    }

    @Override
    public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
      throw new UnsupportedOperationException("only for writing");
    }

    @Override
    public void release() {}
  }
}
