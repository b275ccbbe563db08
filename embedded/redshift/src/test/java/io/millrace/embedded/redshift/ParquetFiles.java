package io.millrace.embedded.redshift;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

/** Parquet files to load. */
final class ParquetFiles {

  private static final long START_MICROS = 1_700_000_000_000_001L;

  private ParquetFiles() {}

  /** Rows of five columns; every third has no name. */
  static byte[] of(int rows) throws IOException {
    MessageType schema =
        MessageTypeParser.parseMessageType(
            "message m { required int64 a; optional binary b (STRING); required int32 c"
                + " (DECIMAL(8,2)); required int64 d (TIMESTAMP(MICROS,false)); required boolean e;"
                + " }");
    Path file = Files.createTempDirectory("parquet").resolve("x.parquet");
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(file))
            .withConf(new PlainParquetConfiguration())
            .withType(schema)
            .build()) {
      SimpleGroupFactory groups = new SimpleGroupFactory(schema);
      for (int i = 0; i < rows; i++) {
        Group group = groups.newGroup();
        group.append("a", (long) i);
        if (i % 3 != 0) {
          group.append("b", "n" + i);
        }
        group.append("c", new BigDecimal(i).unscaledValue().intValue());
        group.append("d", START_MICROS + i * 1_000_000L);
        group.append("e", i % 2 == 0);
        writer.write(group);
      }
    }
    byte[] bytes = Files.readAllBytes(file);
    Files.delete(file);
    Files.delete(file.getParent());
    return bytes;
  }
}
