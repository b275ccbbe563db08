package io.millrace.connectors.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.async.AsyncRequestBody;

/** Users do not get Hadoop: files are written without it, in every compression. */
class ParquetWithoutHadoopTest {

  @Test
  void files_are_written_without_a_class_of_hadoop(@TempDir Path directory) throws Exception {
    String without =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.contains("hadoop-common"))
            .collect(Collectors.joining(File.pathSeparator));
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                without,
                WriterMain.class.getName(),
                directory.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("output").toFile())
            .start();
    try {
      assertThat(writer.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      writer.destroyForcibly();
    }

    assertThat(writer.exitValue()).as(Files.readString(directory.resolve("output"))).isZero();
    for (Compression compression : Compression.values()) {
      Decoders.ParquetRows file =
          Decoders.parquet(Files.readAllBytes(directory.resolve(compression.name())));
      assertThat(file.codecs()).containsExactly(Compressors.parquetCodec(compression));
      assertThat(file.rows()).extracting(row -> row.getLong("id", 0)).containsExactly(1L, 2L);
    }
  }

  /** Writes a file for each compression. */
  static final class WriterMain {
    public static void main(String[] args) throws Exception {
      try {
        Class.forName("org.apache.hadoop.conf.Configuration");
        throw new IllegalStateException("Hadoop is on the class path");
      } catch (ClassNotFoundException e) {
        // as it should be
      }
      Path directory = Path.of(args[0]);
      SpillArea area = new SpillArea(directory, 1 << 20, 8 << 20);
      for (Compression compression : Compression.values()) {
        ParquetFormat format =
            new ParquetFormat(compression, Column.parquet(List.of("id long")), 1 << 20);
        SpillBuffer buffer = new SpillBuffer(area);
        try (SpillBuffer closed = buffer;
            ObjectFormat.File<Object[]> file = format.open(closed)) {
          file.write(new Object[] {1L});
          file.write(new Object[] {2L});
        }
        AsyncRequestBody body = buffer.body(0, buffer.size());
        byte[] bytes = new byte[(int) buffer.size()];
        java.util.concurrent.atomic.AtomicInteger at =
            new java.util.concurrent.atomic.AtomicInteger();
        body.subscribe(
                part -> {
                  int length = part.remaining();
                  part.get(bytes, at.getAndAdd(length), length);
                })
            .get(10, TimeUnit.SECONDS);
        Files.write(directory.resolve(compression.name()), bytes);
      }
    }
  }
}
