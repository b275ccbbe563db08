package io.millrace.it.kcl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * A table that the real Kinesis Client Library has filled, then Millrace, then the library again;
 * each takes over at the checkpoint of the one before, exactly. The library's first workers are all
 * started at once: on an empty table each waits for up to half a minute.
 */
class KclMovesIT {

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String LEFT = "shardId-000000000000";
  private static final String RIGHT = "shardId-000000000001";
  private static final String HALF_READ = "shardId-000000000002";
  private static final String OTHER_CHILD = "shardId-000000000003";

  private static Engines engines;
  private static Path folder;
  private static final Map<Integer, Move> MOVES = new TreeMap<>();
  private static KclProcess several;

  /** One application, and all that was put into its stream. */
  private static final class Move {
    final int version;
    final String application;
    final String stream;
    final Set<String> put = new LinkedHashSet<>();
    KclProcess kcl;

    Move(int version) {
      this.version = version;
      this.application = "moves-" + version;
      this.stream = "stream-" + version;
    }
  }

  @BeforeAll
  static void start() throws Exception {
    engines = new Engines();
    folder = Files.createDirectories(Path.of("target", "kcl")).toRealPath();
    try (var old = Files.list(folder)) {
      for (Path file : old.toList()) {
        Files.delete(file);
      }
    }
    for (int version : List.of(1, 2, 3)) {
      MOVES.put(version, prepared(version));
    }
    engines.kinesis.createStream("several-a", 1);
    engines.kinesis.createStream("several-b", 1);
    Map<String, String> told = engines.told("several", "several-a");
    told.put("multi", "several-b");
    several = KclProcess.start(2, folder, "several", told);
  }

  /** A parent and its children, the right one beside them, plain records and aggregates. */
  private static Move prepared(int version) throws Exception {
    Move move = new Move(version);
    engines.kinesis.createStream(move.stream, 2);
    move.put.addAll(engines.put(move.stream, LEFT, "left", 20));
    move.put.addAll(engines.put(move.stream, RIGHT, "right", 20));
    engines.kinesis.split(move.stream, LEFT);
    move.put.addAll(engines.put(move.stream, HALF_READ, "child", 10));
    move.put.addAll(engines.putAggregate(move.stream, HALF_READ, "aggregate", 10));
    move.put.addAll(engines.put(move.stream, HALF_READ, "late", 10));
    move.put.addAll(engines.put(move.stream, OTHER_CHILD, "other", 20));
    Map<String, String> told = engines.told(move.application, move.stream);
    told.put("halt", "aggregate-4");
    told.put("prepare", "right-7");
    move.kcl = KclProcess.start(version, folder, "before-" + version, told);
    return move;
  }

  @AfterAll
  static void stop() throws Exception {
    for (Move move : MOVES.values()) {
      move.kcl.close();
    }
    several.close();
    engines.close();
  }

  @Test
  void version_1_to_millrace_and_back() throws Exception {
    move(MOVES.get(1));
  }

  @Test
  void version_2_to_millrace_and_back() throws Exception {
    move(MOVES.get(2));
  }

  @Test
  void version_3_to_millrace_and_back() throws Exception {
    move(MOVES.get(3));
  }

  private void move(Move move) throws Exception {
    await("the parent is finished, its child half read")
        .atMost(PATIENCE)
        .until(
            () ->
                !move.kcl.lines("ended " + LEFT).isEmpty()
                    && !move.kcl.lines("checkpoint " + HALF_READ).isEmpty()
                    && move.kcl.given().stream().anyMatch(g -> g.text().equals("other-19"))
                    && !move.kcl.lines("prepared " + RIGHT).isEmpty()
                    && move.kcl.lines("checkpoint " + OTHER_CHILD).size() >= 1);
    refusedWhileTheyLive(move);
    move.kcl.kill();

    Map<String, Map<String, AttributeValue>> theirs = engines.rows(move.application);
    // the library deletes it once the children are under way, though its shard is still listed
    assertThat(engines.checkpoint(move.application, LEFT)).isIn("SHARD_END", "");
    if (move.version == 3) {
      assertThat(kinds(theirs)).as("the rows of one table").contains("LEADER");
      pendingHandOff(move, OTHER_CHILD, "before-3");
    }
    CommandLine state = CommandLine.leases(engines, "check", move.application);
    assertThat(state.exitCode()).as(state.output()).isZero();
    assertThat(state.output())
        .contains("of another library", "before-" + move.version, HALF_READ)
        .contains(move.version == 3 ? "3.5 or later" : "2.3 or later")
        .contains("pending")
        .contains("would watch");

    Map<String, Given.Position> before = engines.checkpoints(move.application);
    assertThat(before.get(HALF_READ).sub()).isEqualTo(4);
    move.put.addAll(engines.put(move.stream, RIGHT, "right-again", 10));
    engines.kinesis.split(move.stream, RIGHT); // its children have numbers 4 and 5
    String back = "shardId-000000000004";
    move.put.addAll(engines.putAggregate(move.stream, back, "back", 10));
    move.put.addAll(engines.put(move.stream, back, "back-later", 10));
    move.put.addAll(engines.put(move.stream, "shardId-000000000005", "fifth", 10));
    Map<String, Given.Position> after;
    try (MillraceFleet fleet = new MillraceFleet("back-3")) {
      fleet.start(engines.configuration(move.application, move.stream, "ours"), false);
      Set<String> expected = new TreeSet<>(move.put);
      expected.removeAll(upTo(move.kcl.given(), before));
      expected.removeIf(
          text ->
              text.startsWith("back-later") || text.matches("back-\\d") && text.charAt(5) > '3');
      await("Millrace goes on")
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(texts(fleet.given())).containsAll(expected));
      await().atMost(PATIENCE).until(fleet::isHalted);
      assertThat(texts(fleet.given())).isEqualTo(expected);
      assertNothingTwice(fleet.given(), before);
      assertThat(first(fleet.given(), HALF_READ)).isEqualTo("aggregate-5");
      if (move.version > 1) { // version 1 prepares checkpoints without a state
        assertThat(fleet.pendingStates()).containsEntry(RIGHT, "state of the processor");
      }
      assertThat(engines.rows(move.application).get(OTHER_CHILD))
          .doesNotContainKey("checkpointOwner");

      CommandLine tooEarly = CommandLine.leases(engines, "hand-back", move.application);
      assertThat(tooEarly.exitCode()).as(tooEarly.output()).isEqualTo(1);
      assertThat(tooEarly.output()).contains("alive", "ours@");
      await("checkpointed")
          .atMost(PATIENCE)
          .until(() -> engines.checkpoint(move.application, RIGHT).equals("SHARD_END"));
      fleet.stop();
      after = engines.checkpoints(move.application);
      assertThat(after.get(back).sub()).isEqualTo(3);
    }
    CommandLine handBack = CommandLine.leases(engines, "hand-back", move.application);
    assertThat(handBack.exitCode()).as(handBack.output()).isZero();
    assertThat(engines.rows(move.application).keySet()).noneMatch(key -> key.startsWith("$"));

    Map<String, String> told = engines.told(move.application, move.stream);
    try (KclProcess kcl = KclProcess.start(move.version, folder, "after-" + move.version, told)) {
      move.put.addAll(engines.put(move.stream, OTHER_CHILD, "last", 10));
      Set<String> expected = new TreeSet<>();
      for (int i = 4; i < 10; i++) {
        expected.add("back-" + i);
      }
      for (int i = 0; i < 10; i++) {
        expected.add("back-later-" + i);
        expected.add("last-" + i);
      }
      await("the library goes on")
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(texts(kcl.given())).containsAll(expected));
      assertThat(texts(kcl.given())).isEqualTo(expected);
      assertNothingTwice(kcl.given(), after);
      assertThat(first(kcl.given(), back)).isEqualTo("back-4");
    }
  }

  private static void refusedWhileTheyLive(Move move) throws Exception {
    try (MillraceFleet refused = new MillraceFleet(null)) {
      refused.start(engines.configuration(move.application, move.stream, "early"), false);
      assertThat(refused.failure())
          .hasMessageContaining("still used by workers of another library")
          .hasMessageContaining("before-" + move.version)
          .hasMessageContaining("shardId-")
          .hasMessageContaining("--takeover");
      assertThat(refused.given()).isEmpty();
    }
    assertThat(engines.rows(move.application).keySet()).noneMatch(key -> key.startsWith("$"));
    assertThat(move.kcl.lines("lost")).isEmpty();
  }

  /** As version 3 leaves a row when its former owner has not yet let go. */
  private static void pendingHandOff(Move move, String lease, String formerOwner) {
    engines.dynamoDbClient.updateItem(
        r ->
            r.tableName(move.application)
                .key(Map.of("leaseKey", AttributeValue.fromS(lease)))
                .updateExpression("SET checkpointOwner = :former")
                .expressionAttributeValues(Map.of(":former", AttributeValue.fromS(formerOwner))));
  }

  @Test
  void leases_of_several_streams_are_recognised_and_refused() throws Exception {
    await("leases of both streams")
        .atMost(PATIENCE)
        .until(
            () ->
                engines.rows("several").keySet().stream().filter(k -> k.contains(":")).count()
                    == 2);
    several.kill();
    Map<String, Map<String, AttributeValue>> theirs = engines.rows("several");
    try (MillraceFleet refused = new MillraceFleet(null)) {
      refused.start(engines.configuration("several", "several-a", "ours"), true);
      assertThat(refused.failure())
          .hasMessageContaining("several streams")
          .hasMessageContaining(":several-a:");
    }
    assertThat(engines.rows("several")).isEqualTo(theirs);
    CommandLine state = CommandLine.leases(engines, "check", "several");
    assertThat(state.exitCode()).as(state.output()).isEqualTo(1);
    assertThat(state.output()).contains("several streams");
  }

  // ---- what was given

  private static Set<String> kinds(Map<String, Map<String, AttributeValue>> rows) {
    return rows.values().stream()
        .filter(row -> row.containsKey("entityType"))
        .map(row -> row.get("entityType").s())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> texts(Collection<Given> given) {
    return given.stream().map(Given::text).collect(Collectors.toCollection(TreeSet::new));
  }

  /** What was checkpointed, or belongs to a shard that is finished. */
  private static Set<String> upTo(List<Given> given, Map<String, Given.Position> checkpoints) {
    return given.stream()
        .filter(g -> isUpTo(g, checkpoints) || g.shard().equals(LEFT))
        .map(Given::text)
        .collect(Collectors.toSet());
  }

  private static boolean isUpTo(Given given, Map<String, Given.Position> checkpoints) {
    Given.Position reached = checkpoints.get(given.shard());
    return reached != null && given.position().compareTo(reached) <= 0;
  }

  /** Nothing that was checkpointed before, and nothing two times. */
  private static void assertNothingTwice(
      List<Given> given, Map<String, Given.Position> checkpoints) {
    assertThat(given).noneMatch(g -> isUpTo(g, checkpoints));
    List<String> all = new ArrayList<>(given.stream().map(Given::text).toList());
    assertThat(all).doesNotHaveDuplicates();
  }

  private static String first(List<Given> given, String shard) {
    return given.stream()
        .filter(g -> g.shard().equals(shard))
        .min(Comparator.comparing(Given::position))
        .map(Given::text)
        .orElse("nothing");
  }
}
