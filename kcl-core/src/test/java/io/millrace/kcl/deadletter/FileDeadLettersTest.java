package io.millrace.kcl.deadletter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.millrace.kcl.deadletter.DeadLetterFiles.Summary;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileDeadLettersTest {

  private static final String SHARD = "shardId-000000000003";

  @TempDir Path directory;

  @Test
  void a_letter_comes_back_as_it_was_stored() throws Exception {
    byte[] payload = {0, 1, -1, '\n', '"', -128};
    DeadLetter letter =
        DeadLetter.builder().stream("clicks")
            .shardId(SHARD)
            .partitionKey("schlüssel \"1\"\n🔑")
            .explicitHashKey("42")
            .position("495903382714902566088559692538361571095921575989136588", 7)
            .approximateArrival(Instant.ofEpochMilli(1_700_000_000_123L))
            .payload(ByteBuffer.wrap(payload))
            .error(new IllegalStateException("no such \u0000 field"))
            .attempts(5)
            .failedAt(Instant.parse("2026-11-22T10:15:30.123456Z"))
            .build();

    store(letter);

    DeadLetter read = readAll().get(0);
    assertThat(read).usingRecursiveComparison().isEqualTo(letter);
    assertThat(read.payload().isReadOnly()).isTrue();
    assertThat(read.stackTrace()).contains("FileDeadLettersTest");
    assertThat(read.errorClass()).isEqualTo(IllegalStateException.class.getName());
    read.payload().get();
    assertThat(read.payload().remaining()).isEqualTo(payload.length);
  }

  @Test
  void letters_of_several_shards_stored_at_once_are_all_there_in_order() throws Exception {
    List<CompletableFuture<Void>> stored = new ArrayList<>();
    try (FileDeadLetters letters = letters("host-1")) {
      Thread[] threads = new Thread[4];
      for (int t = 0; t < threads.length; t++) {
        String shard = "shardId-00000000000" + t;
        threads[t] =
            new Thread(
                () -> {
                  for (int i = 0; i < 60; i++) {
                    CompletableFuture<Void> one =
                        letters.store(letter(shard, i, 0)).toCompletableFuture();
                    synchronized (stored) {
                      stored.add(one);
                    }
                  }
                },
                shard);
        threads[t].start();
      }
      for (Thread thread : threads) {
        thread.join();
      }
      CompletableFuture.allOf(stored.toArray(CompletableFuture[]::new)).get();
    }
    assertThat(fileNames()).hasSize(4).contains("clicks/shardId-000000000000.host-1.0.jsonl");
    List<DeadLetter> read = readAll();
    assertThat(read).hasSize(240);
    assertThat(read.subList(0, 60))
        .extracting(DeadLetter::sequenceNumber)
        .isEqualTo(IntStream.range(0, 60).mapToObj(i -> "100" + i).toList());
  }

  @Test
  void a_torn_line_is_skipped_and_the_letter_that_is_stored_again_stands_behind_it()
      throws Exception {
    store(letter(SHARD, 1, 0), letter(SHARD, 2, 0));
    Path file = directory.resolve("clicks/" + SHARD + ".host.0.jsonl");
    byte[] whole = Files.readAllBytes(file);
    int secondLine = new String(whole, StandardCharsets.US_ASCII).indexOf('\n') + 1;
    for (int cut = secondLine + 1; cut < whole.length - 1; cut += 1_499) {
      Files.write(file, Arrays.copyOf(whole, cut));
      assertThat(summary()).isEqualTo(new Summary(1, 0, 1, 1));

      store(letter(SHARD, 2, 0), letter(SHARD, 3, 0));

      assertThat(summary()).as("cut at %d", cut).isEqualTo(new Summary(3, 0, 1, 1));
      assertThat(readAll())
          .extracting(DeadLetter::sequenceNumber)
          .containsExactly("1001", "1002", "1003");
    }
  }

  @Test
  void a_letter_stored_twice_is_read_once_and_user_records_of_one_aggregate_are_different_letters()
      throws Exception {
    store(letter(SHARD, 1, 0), letter(SHARD, 1, 1), letter(SHARD, 1, 0));
    store(letter(SHARD, 1, 1));

    assertThat(summary()).isEqualTo(new Summary(2, 2, 0, 1));
  }

  @Test
  void a_full_file_is_followed_by_the_next_number_also_after_a_restart() throws Exception {
    try (FileDeadLetters small =
        FileDeadLetters.builder(directory).workerId("host").maxFileBytes(1).build()) {
      small.store(letter(SHARD, 1, 0)).toCompletableFuture().get();
      CompletableFuture.allOf(
              small.store(letter(SHARD, 2, 0)).toCompletableFuture(),
              small.store(letter(SHARD, 3, 0)).toCompletableFuture())
          .get();
    }
    try (FileDeadLetters small =
        FileDeadLetters.builder(directory).workerId("host").maxFileBytes(1).build()) {
      small.store(letter(SHARD, 4, 0)).toCompletableFuture().get();
    }
    assertThat(fileNames()).hasSize(4).contains("clicks/" + SHARD + ".host.3.jsonl");
    assertThat(readAll())
        .extracting(DeadLetter::sequenceNumber)
        .containsExactly("1001", "1002", "1003", "1004");
  }

  @Test
  void a_file_that_another_writer_holds_is_left_to_it() throws Exception {
    Path file = directory.resolve("clicks/" + SHARD + ".host.0.jsonl");
    Files.createDirectories(file.getParent());
    try (LetterFile held = LetterFile.open(file)) {
      assertThat(held).isNotNull();
      store(letter(SHARD, 1, 0));
    }
    assertThat(file).isEmptyFile();
    assertThat(readAll()).hasSize(1);
  }

  @Test
  void a_directory_that_cannot_be_made_fails_the_stage_with_what_to_do() throws Exception {
    Path notADirectory = Files.createFile(directory.resolve("file"));
    try (FileDeadLetters letters = FileDeadLetters.builder(notADirectory).build()) {
      assertThatThrownBy(() -> letters.store(letter(SHARD, 1, 0)).toCompletableFuture().get())
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOf(DeadLetterException.class)
          .hasMessageContainingAll(SHARD, "1001", notADirectory.toString(), "can be created");
    }
  }

  @Test
  void a_full_disk_fails_the_stage_and_the_next_attempt_may_succeed() throws Exception {
    Path full = Path.of("/dev/full");
    assumeThat(full).exists();
    Path file = directory.resolve("clicks/" + SHARD + ".worker.0.jsonl");
    Files.createDirectories(file.getParent());
    Files.createSymbolicLink(file, full);
    try (FileDeadLetters letters = FileDeadLetters.builder(directory).build()) {
      CompletableFuture<Void> failed = letters.store(letter(SHARD, 1, 0)).toCompletableFuture();
      assertThatThrownBy(failed::get).cause().hasMessageContainingAll(file.toString(), "has room");

      Files.delete(file);
      letters.store(letter(SHARD, 1, 0)).toCompletableFuture().get();
    }
    assertThat(readAll()).hasSize(1);
  }

  @Test
  void a_closed_destination_has_written_everything_and_refuses_more() throws Exception {
    FileDeadLetters letters = letters("host");
    CompletableFuture<Void> last = letters.store(letter(SHARD, 1, 0)).toCompletableFuture();
    letters.close();

    assertThat(last).isCompleted();
    assertThatThrownBy(() -> letters.store(letter(SHARD, 2, 0)).toCompletableFuture().get())
        .cause()
        .hasMessageContaining("closed");
  }

  @Test
  void names_cannot_leave_the_directory_and_long_ones_are_cut() throws Exception {
    try (FileDeadLetters letters = letters("../../x")) {
      DeadLetter.Builder builder = builder(1, 0).shardId("shard/../../" + "y".repeat(300));
      letters.store(builder.stream("..").build()).toCompletableFuture().get();
    }
    assertThat(readAll()).singleElement().satisfies(l -> assertThat(l.stream()).isEqualTo(".."));
  }

  @Test
  void other_files_and_a_missing_directory_hold_no_letters() throws Exception {
    Files.writeString(directory.resolve("notes.txt"), "hello");
    assertThat(summary()).isEqualTo(new Summary(0, 0, 0, 0));
    assertThat(DeadLetterFiles.read(directory.resolve("missing"), letter -> {}))
        .isEqualTo(new Summary(0, 0, 0, 0));
  }

  @Test
  void long_errors_are_shortened() {
    DeadLetter letter = builder(1, 0).error(new IllegalStateException("x".repeat(50_000))).build();
    assertThat(letter.errorMessage()).hasSize(DeadLetter.MAX_MESSAGE_CHARACTERS).endsWith("x…");
    assertThat(letter.stackTrace()).hasSize(DeadLetter.MAX_STACK_TRACE_CHARACTERS);
  }

  @Test
  void a_letter_without_a_shard_is_refused() {
    assertThatThrownBy(() -> builder(1, 0).shardId(null).build())
        .hasMessage("A dead letter needs shardId");
  }

  @Test
  void what_a_process_was_told_is_stored_is_there_after_it_was_killed() throws Exception {
    for (int round = 0; round < 2; round++) {
      Set<String> acknowledged = new HashSet<>();
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty(
                      "surefire.test.class.path", System.getProperty("java.class.path")),
                  EndlessLetters.class.getName(),
                  directory.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try (BufferedReader out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        for (int i = 0; i < 10 + round; i++) {
          acknowledged.add(out.readLine());
        }
        process.toHandle().destroyForcibly(); // SIGKILL, and what it has said can still be read
        for (String line = out.readLine(); line != null; line = out.readLine()) {
          if (line.endsWith(".")) {
            acknowledged.add(line);
          }
        }
      } finally {
        process.destroyForcibly().waitFor();
      }
      assertThat(acknowledged).doesNotContainNull();
      assertThat(readAll())
          .extracting(letter -> letter.sequenceNumber() + ".")
          .containsAll(acknowledged);
    }
  }

  /** Stores letters for ever, and says which are stored. */
  static final class EndlessLetters {
    public static void main(String[] args) throws Exception {
      try (FileDeadLetters letters =
          FileDeadLetters.builder(Path.of(args[0])).workerId("host").build()) {
        for (int i = 0; ; i++) {
          DeadLetter letter = letter(SHARD, i, 0);
          letters.store(letter).toCompletableFuture().get();
          System.out.println(letter.sequenceNumber() + ".");
          System.out.flush();
        }
      }
    }
  }

  private FileDeadLetters letters(String worker) {
    return FileDeadLetters.builder(directory).workerId(worker).build();
  }

  private void store(DeadLetter... letters) throws Exception {
    try (FileDeadLetters destination = letters("host")) {
      for (DeadLetter letter : letters) {
        destination.store(letter).toCompletableFuture().get();
      }
    }
  }

  private static DeadLetter letter(String shard, int number, long sub) {
    return builder(number, sub).shardId(shard).build();
  }

  private static DeadLetter.Builder builder(int number, long sub) {
    return DeadLetter.builder().stream("clicks")
        .shardId(SHARD)
        .partitionKey("key")
        .position("100" + number, sub)
        .approximateArrival(Instant.EPOCH)
        .payload(ByteBuffer.wrap(new byte[100]))
        .error(new IllegalStateException("broken"))
        .failedAt(Instant.EPOCH);
  }

  private List<DeadLetter> readAll() throws IOException {
    List<DeadLetter> letters = new ArrayList<>();
    DeadLetterFiles.read(directory, letters::add);
    return letters;
  }

  private Summary summary() throws IOException {
    return DeadLetterFiles.read(directory, letter -> {});
  }

  private List<String> fileNames() throws IOException {
    try (var files = Files.walk(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(f -> directory.relativize(f).toString())
          .toList();
    }
  }
}
