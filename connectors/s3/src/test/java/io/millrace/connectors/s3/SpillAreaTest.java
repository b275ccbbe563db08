package io.millrace.connectors.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpillAreaTest {

  @TempDir Path directory;

  @Test
  void what_a_killed_process_has_left_is_removed_and_what_another_sink_uses_is_kept()
      throws Exception {
    Path left = Files.createDirectory(directory.resolve("millrace-s3-left"));
    Files.createFile(left.resolve("lock"));
    Files.write(left.resolve("object-1"), new byte[10]);
    Path foreign = Files.createDirectory(directory.resolve("something-else"));
    try (SpillArea other = new SpillArea(directory, 0, 0)) {
      SpillBuffer buffer = new SpillBuffer(other);
      buffer.write(new byte[100]);
      buffer.close();

      new SpillArea(directory, 0, 0).close();

      assertThat(left).doesNotExist();
      assertThat(foreign).exists();
      try (var folders = Files.list(directory)) {
        Path used =
            folders
                .filter(f -> f.getFileName().toString().startsWith("millrace-s3-"))
                .findFirst()
                .orElseThrow();
        assertThat(used.resolve("object-1")).hasSize(100);
      }
      buffer.release();
    }
  }

  @Test
  void an_object_goes_to_a_file_once_it_or_all_of_them_have_more_than_their_share()
      throws Exception {
    try (SpillArea area = new SpillArea(directory, 128 << 10, 192 << 10)) {
      SpillBuffer first = new SpillBuffer(area);
      first.write(new byte[128 << 10]);
      assertThat(first.isSpilled()).isFalse();
      SpillBuffer second = new SpillBuffer(area);
      second.write(new byte[65 << 10]);
      assertThat(second.isSpilled()).isTrue();
      first.write(1);
      assertThat(first.isSpilled()).isTrue();
      assertThat(area.takeMemory(192 << 10)).isTrue();
      first.release();
      second.release();
      first.release();
    }
    assertThat(directory).isEmptyDirectory();
  }
}
