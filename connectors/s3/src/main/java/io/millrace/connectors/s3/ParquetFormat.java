package io.millrace.connectors.s3;

import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Types;

// parquet-java names Hadoop's Configuration in signatures, so Hadoop is on the class path of the
// compiler, and there only: nothing here loads a class of it, and the tests run without it.
/** Fields of JSON objects in Parquet files. */
final class ParquetFormat implements ObjectFormat<Object[]> {
  private final Compression compression;
  private final List<Column> columns;
  private final long rowGroupBytes;
  private final MessageType schema;

  ParquetFormat(Compression compression, List<Column> columns, long rowGroupBytes) {
    this.compression = compression;
    this.columns = columns;
    this.rowGroupBytes = rowGroupBytes;
    Types.MessageTypeBuilder message = Types.buildMessage();
    for (Column column : columns) {
      message.addField(column.type().schema(column.name(), column.required()));
    }
    this.schema = message.named("record");
  }

  @Override
  public Object[] prepare(Message message) {
    return Fields.of(
        message,
        columns,
        (column, node) -> {
          Object value = column.type().value(node);
          if (value == null) {
            throw new MalformedMessageException(
                Fields.refused(column, node, column.type().takes()));
          }
          return value;
        });
  }

  @Override
  public File<Object[]> open(SpillBuffer out) throws IOException {
    ParquetWriter<Object[]> writer =
        new RowWriterBuilder(new BufferFile(out), new Rows(columns, schema))
            .withConf(new PlainParquetConfiguration())
            .withCodecFactory(new Compressors.PageCompressors())
            .withCompressionCodec(Compressors.parquetCodec(compression))
            .withRowGroupSize(rowGroupBytes)
            .build();
    return new File<>() {
      @Override
      public void write(Object[] row) throws IOException {
        writer.write(row);
      }

      @Override
      public void close() throws IOException {
        writer.close();
      }
    };
  }

  private static final class RowWriterBuilder
      extends ParquetWriter.Builder<Object[], RowWriterBuilder> {
    private final Rows rows;

    RowWriterBuilder(OutputFile file, Rows rows) {
      super(file);
      this.rows = rows;
    }

    @Override
    protected RowWriterBuilder self() {
      return this;
    }

    @Override
    protected WriteSupport<Object[]> getWriteSupport(Configuration configuration) {
      return rows;
    }

    @Override
    protected WriteSupport<Object[]> getWriteSupport(ParquetConfiguration configuration) {
      return rows;
    }
  }

  private static final class Rows extends WriteSupport<Object[]> {
    private final List<Column> columns;
    private final MessageType schema;
    private RecordConsumer consumer;

    Rows(List<Column> columns, MessageType schema) {
      this.columns = columns;
      this.schema = schema;
    }

    @Override
    @SuppressWarnings("deprecation") // abstract in the library still
    public WriteContext init(Configuration configuration) {
      return new WriteContext(schema, Map.of());
    }

    @Override
    public WriteContext init(ParquetConfiguration configuration) {
      return new WriteContext(schema, Map.of());
    }

    @Override
    public void prepareForWrite(RecordConsumer recordConsumer) {
      consumer = recordConsumer;
    }

    @Override
    public void write(Object[] row) {
      consumer.startMessage();
      for (int i = 0; i < row.length; i++) {
        if (row[i] != null) {
          Column column = columns.get(i);
          consumer.startField(column.name(), i);
          column.type().write(row[i], consumer);
          consumer.endField(column.name(), i);
        }
      }
      consumer.endMessage();
    }
  }

  private record BufferFile(SpillBuffer buffer) implements OutputFile {
    @Override
    public PositionOutputStream create(long blockSizeHint) {
      return new PositionOutputStream() {
        @Override
        public long getPos() {
          return buffer.size();
        }

        @Override
        public void write(int b) throws IOException {
          buffer.write(b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
          buffer.write(bytes, offset, length);
        }
      };
    }

    @Override
    public PositionOutputStream createOrOverwrite(long blockSizeHint) {
      return create(blockSizeHint);
    }

    @Override
    public boolean supportsBlockSize() {
      return false;
    }

    @Override
    public long defaultBlockSize() {
      return 0;
    }
  }
}
