package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.connectors.message.Message;
import io.millrace.connectors.s3.Compression;
import io.millrace.connectors.sink.Commit;
import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.RangeSink;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.deadletter.DeadLetter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;

/** Both stages, on S3Mock, with a table and a history in memory. */
class ManifestFlowTest {

  private static final String ONE = "00000000000000aa";
  private static final String TWO = "00000000000000bb";

  private ManifestSetup setup = new ManifestSetup(Compression.NONE);

  @AfterEach
  void close() throws Exception {
    setup.close();
  }

  private static Commit commit(RangeSink<Message> sink, RecordRange<Message> range) {
    try {
      return sink.commit(range).toCompletableFuture().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  private void stage(AnnouncingSink sink, String shard, int first, int last) {
    commit(sink, ManifestSetup.source(sink, shard, first, last, ONE, 1));
  }

  private static List<String> ids(String shard, int first, int last) {
    return IntStream.rangeClosed(first, last).mapToObj(n -> shard + "-" + n).toList();
  }

  // ---- first stage

  @Test
  void a_range_is_a_file_before_it_is_announced_and_announced_before_it_is_committed() {
    AnnouncingSink sink = setup.firstStage();
    Commit commit = commit(sink, ManifestSetup.source(sink, "a", 1, 5, ONE, 1));
    assertThat(commit.end()).isEqualTo(Announcements.at(5));
    assertThat(setup.announced)
        .singleElement()
        .satisfies(
            one -> {
              assertThat(setup.keys("staged/")).containsExactly(one.key());
              assertThat(one.rows()).isEqualTo(5);
              assertThat(one.end()).isEqualTo(Announcements.at(5));
              assertThat(one.start().first()).isEqualTo(Announcements.at(1));
            });
  }

  @Test
  void while_the_announcement_fails_the_range_is_not_committed_and_the_next_attempt_announces_it() {
    AnnouncingSink sink = setup.firstStage();
    setup.failures = 1;
    RecordRange<Message> range = ManifestSetup.source(sink, "a", 1, 5, ONE, 1);
    assertThatThrownBy(() -> commit(sink, range)).hasMessageContaining("the stream is away");
    assertThat(setup.announced).isEmpty();
    assertThat(setup.keys("staged/")).hasSize(1);
    commit(sink, ManifestSetup.source(sink, "a", 1, 5, ONE, 2));
    assertThat(setup.announced).hasSize(1);
  }

  @Test
  void whoever_adopts_a_file_announces_it_again_with_the_end_that_it_has() {
    AnnouncingSink sink = setup.firstStage();
    stage(sink, "a", 1, 5);
    Commit adopted = commit(sink, ManifestSetup.source(sink, "a", 1, 9, TWO, 1));
    assertThat(adopted.byThisCall()).isFalse();
    assertThat(adopted.end()).isEqualTo(Announcements.at(5));
    assertThat(setup.announced).hasSize(2);
    assertThat(setup.announced.get(1)).isEqualTo(setup.announced.get(0));
  }

  @Test
  void a_range_without_a_row_is_committed_and_announces_nothing() {
    AnnouncingSink sink = setup.firstStage();
    RecordRange<Message> range = ManifestSetup.source(sink, "a", 1, 1, ONE, 1);
    Commit commit =
        commit(
            sink,
            new RecordRange<>(
                range.start(),
                range.name(),
                range.end(),
                List.of(),
                List.of(new Exclusion(Announcements.at(1), "malformed")),
                0,
                ONE,
                1));
    assertThat(commit.exclusions()).hasSize(1);
    assertThat(setup.announced).isEmpty();
  }

  // ---- second stage

  @Test
  void files_of_all_shards_are_one_load_and_each_row_is_in_the_table_once() {
    AnnouncingSink files = setup.firstStage();
    stage(files, "a", 1, 5);
    stage(files, "b", 1, 4);
    stage(files, "a", 6, 7);
    ManifestSink sink = setup.secondStage(4, 0);
    Commit commit = commit(sink, Announcements.range(setup.texts()));
    assertThat(commit.end()).isEqualTo(Announcements.at(1_002));
    assertThat(setup.table.loads()).hasSize(1);
    assertThat(setup.table.ids())
        .containsExactlyInAnyOrder(
            "a-1", "a-2", "a-3", "a-4", "a-5", "b-1", "b-2", "b-3", "b-4", "a-6", "a-7");
  }

  @Test
  void what_is_announced_twice_is_loaded_once_in_the_same_load_and_in_another_one() {
    AnnouncingSink files = setup.firstStage();
    stage(files, "a", 1, 2);
    stage(files, "a", 3, 4);
    List<String> texts = setup.texts();
    ManifestSink sink = setup.secondStage(4, 0);
    commit(sink, Announcements.range(1_000, List.of(texts.get(0), texts.get(0)), ONE, 1));
    commit(
        sink,
        Announcements.range(2_000, List.of(texts.get(0), texts.get(1), texts.get(1)), ONE, 1));
    commit(sink, Announcements.range(3_000, texts, ONE, 1));
    assertThat(setup.table.ids()).containsExactlyElementsOf(ids("a", 1, 4));
    // the third has nothing to load, and its commit record is there all the same
    assertThat(setup.table.loads()).hasSize(3);
    assertThat(commit(sink, Announcements.range(3_000, texts, TWO, 1)).byThisCall()).isFalse();
  }

  @Test
  void a_load_whose_answer_is_lost_is_found_by_the_next_attempt() {
    AnnouncingSink files = setup.firstStage();
    stage(files, "a", 1, 3);
    ManifestSink sink = setup.secondStage(4, 0);
    setup.table.lostAnswers = 1;
    assertThatThrownBy(() -> commit(sink, Announcements.range(setup.texts())))
        .isInstanceOf(SinkException.class);
    Commit found = commit(sink, Announcements.range(1_000, setup.texts(), ONE, 2));
    assertThat(found.byThisCall()).isFalse();
    assertThat(found.end()).isEqualTo(Announcements.at(1_000));
    assertThat(setup.table.ids()).containsExactlyElementsOf(ids("a", 1, 3));
  }

  @Test
  void two_workers_with_other_limits_load_nothing_twice() {
    AnnouncingSink files = setup.firstStage();
    for (int n = 0; n < 20; n++) {
      stage(files, n % 2 == 0 ? "a" : "b", 1 + 10 * n, 10 + 10 * n);
    }
    List<String> texts = setup.texts();
    ManifestSink zombie = setup.secondStage(4, 0);
    ManifestSink owner = setup.secondStage(2, 0);
    CompletableFuture<Void> other =
        CompletableFuture.runAsync(
            () -> {
              for (int from = 0; from < 20; from += 5) {
                commit(
                    zombie,
                    Announcements.range(1_000 + from, texts.subList(from, from + 5), ONE, 1));
              }
            });
    for (int from = 0; from < 20; from += 4) {
      List<String> some = texts.subList(from, from + 4);
      commit(owner, Announcements.range(1_000 + from, some, TWO, 1));
    }
    other.join();
    assertThat(setup.table.ids()).hasSize(200).doesNotHaveDuplicates();
  }

  @Test
  void a_commit_record_that_ends_elsewhere_counts_as_far_as_this_range_goes() {
    AnnouncingSink files = setup.firstStage();
    for (int n = 0; n < 4; n++) {
      stage(files, "a", 1 + n, 1 + n);
    }
    List<String> texts = setup.texts();
    ManifestSink sink = setup.secondStage(4, 0);
    commit(sink, Announcements.range(1_000, texts.subList(0, 3), ONE, 1));
    assertThat(commit(sink, Announcements.range(1_000, texts, TWO, 1)).end())
        .isEqualTo(Announcements.at(1_002));
    assertThat(commit(sink, Announcements.range(1_000, texts.subList(0, 2), TWO, 2)).end())
        .isEqualTo(Announcements.at(1_001));
  }

  @Test
  void what_is_no_announcement_is_excluded_also_by_whoever_finds_the_load() {
    AnnouncingSink files = setup.firstStage();
    stage(files, "a", 1, 2);
    List<String> texts = new ArrayList<>(List.of("rubbish"));
    texts.addAll(setup.texts());
    ManifestSink sink = setup.secondStage(4, 0);
    Commit first = commit(sink, Announcements.range(texts));
    Commit second = commit(sink, Announcements.range(1_000, texts, TWO, 1));
    assertThat(first.exclusions())
        .singleElement()
        .extracting(Exclusion::position)
        .isEqualTo(Announcements.at(1_000));
    assertThat(second.exclusions()).isEqualTo(first.exclusions());
    assertThat(setup.table.ids()).containsExactly("a-1", "a-2");
  }

  @Test
  void a_file_that_is_gone_stops_the_load_until_it_is_back() {
    AnnouncingSink files = setup.firstStage();
    stage(files, "a", 1, 2);
    stage(files, "b", 1, 2);
    String key = setup.announced.get(0).key();
    byte[] content =
        ManifestSetup.CLIENT
            .getObject(r -> r.bucket(setup.bucket).key(key), AsyncResponseTransformer.toBytes())
            .join()
            .asByteArray();
    ManifestSetup.CLIENT.deleteObject(r -> r.bucket(setup.bucket).key(key)).join();
    ManifestSink sink = setup.secondStage(4, 0);
    assertThatThrownBy(() -> commit(sink, Announcements.range(setup.texts())))
        .isInstanceOfSatisfying(SinkException.class, e -> assertThat(e.needsSomebody()).isTrue())
        .hasMessageStartingWith("Could not load s3://" + setup.bucket + "/" + key + " (clicks/a")
        .hasMessageContaining("it was announced and is gone")
        .hasMessageContaining("Nothing is loaded or skipped");
    assertThat(setup.table.loads()).isEmpty();
    put(key, "{}\n".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> commit(sink, Announcements.range(setup.texts())))
        .hasMessageContaining("somebody has replaced it");
    put(key, content);
    commit(sink, Announcements.range(1_000, setup.texts(), ONE, 2));
    assertThat(setup.table.ids()).containsExactlyInAnyOrder("a-1", "a-2", "b-1", "b-2");
  }

  private void put(String key, byte[] content) {
    ManifestSetup.CLIENT
        .putObject(r -> r.bucket(setup.bucket).key(key), AsyncRequestBody.fromBytes(content))
        .join();
  }

  @Test
  void a_range_that_was_prepared_for_another_table_is_not_looked_for_here() {
    ManifestSink sink = setup.secondStage(4, 0);
    RecordRange<Message> range = Announcements.range(List.of());
    RecordRange<Message> foreign =
        new RecordRange<>(range.start(), "another", range.end(), List.of(), List.of(), 0, ONE, 1);
    assertThatThrownBy(() -> commit(sink, foreign))
        .hasMessageContaining("it was prepared for another, and the configuration says target");
  }

  // ---- rows that COPY drops

  @Test
  void rows_that_copy_drops_are_dead_letters_of_their_own_records_for_whoever_finishes_the_range() {
    AnnouncingSink files = setup.firstStage();
    stage(files, "a", 1, 5);
    stage(files, "b", 6, 9);
    setup.table.dropped = row -> row.get("n").asInt() % 3 == 0;
    ManifestSink sink = setup.secondStage(4, 0);
    Commit first = commit(sink, Announcements.range(setup.texts()));
    assertThat(first.letters())
        .extracting(DeadLetter::stream, DeadLetter::shardId, DeadLetter::position)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("clicks", "a", Announcements.at(3)),
            org.assertj.core.groups.Tuple.tuple("clicks", "b", Announcements.at(6)),
            org.assertj.core.groups.Tuple.tuple("clicks", "b", Announcements.at(9)));
    assertThat(payload(first.letters().get(0))).isEqualTo("{\"id\":\"a-3\",\"n\":3}");
    assertThat(first.letters().get(0).errorMessage()).isEqualTo("it does not fit");

    Commit adopted = commit(sink, Announcements.range(1_000, setup.texts(), TWO, 1));
    assertThat(adopted.byThisCall()).isFalse();
    assertThat(payloads(adopted)).isEqualTo(payloads(first));

    // and for one that has to do it in two ranges
    Commit half = commit(sink, Announcements.range(1_000, setup.texts().subList(0, 1), TWO, 2));
    Commit rest = commit(sink, Announcements.range(1_001, setup.texts().subList(1, 2), TWO, 1));
    assertThat(payloads(half)).isEqualTo(payloads(first).subList(0, 1));
    assertThat(payloads(rest)).isEqualTo(payloads(first).subList(1, 3));
    assertThat(setup.table.ids()).hasSize(6);
  }

  private static String payload(DeadLetter letter) {
    return StandardCharsets.UTF_8.decode(letter.payload()).toString();
  }

  private static List<String> payloads(Commit commit) {
    return commit.letters().stream().map(ManifestFlowTest::payload).toList();
  }

  // ---- merging

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"NONE", "GZIP", "ZSTD"})
  void small_files_are_merged_and_every_row_is_in_the_table_once(Compression compression) {
    setup = new ManifestSetup(compression);
    AnnouncingSink files = setup.firstStage();
    for (int n = 0; n < 30; n++) {
      stage(files, "a", 1 + 10 * n, 10 + 10 * n);
    }
    long all = setup.announced.stream().mapToLong(Announcement::bytes).sum();
    ManifestSink sink = setup.secondStage(4, all / 7);
    commit(sink, Announcements.range(setup.texts()));
    Load load = setup.table.loads().get(0);
    assertThat(load.files()).hasSize(4);
    assertThat(setup.keys("work/merged/"))
        .hasSize(4)
        .allMatch(key -> key.contains("-" + ONE + "-1-1-"));
    assertThat(load.files().stream().mapToLong(LoadFile::bytes).sum()).isEqualTo(all);
    assertThat(setup.table.ids()).containsExactlyInAnyOrderElementsOf(ids("a", 1, 300));
  }

  @Test
  void rows_that_are_dropped_from_a_merged_file_are_dead_letters_of_their_records() {
    AnnouncingSink files = setup.firstStage();
    for (int n = 0; n < 10; n++) {
      stage(files, "a", 1 + 10 * n, 10 + 10 * n);
    }
    setup.table.dropped = row -> row.get("n").asInt() == 55;
    Commit commit = commit(setup.secondStage(2, 1_000_000), Announcements.range(setup.texts()));
    assertThat(setup.table.loads().get(0).files()).hasSize(1);
    assertThat(payloads(commit)).containsExactly("{\"id\":\"a-55\",\"n\":55}");
  }
}
