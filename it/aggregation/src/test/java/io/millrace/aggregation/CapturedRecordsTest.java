package io.millrace.aggregation;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.aggregation.Captured.CapturedShard;
import io.millrace.aggregation.Captured.User;
import io.millrace.aggregation.ReferenceReader.Delivered;
import io.millrace.kcl.aggregation.Aggregates;
import io.millrace.kcl.aggregation.Aggregates.Unpacked;
import io.millrace.kcl.stream.StreamRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Records that the Kinesis Producer Library 1.1.1 wrote. */
class CapturedRecordsTest {

  @TestFactory
  Stream<DynamicTest> what_was_put_is_what_is_delivered() {
    return Captured.all().entrySet().stream()
        .filter(c -> !c.getKey().equals(Captured.SPLIT))
        .map(c -> DynamicTest.dynamicTest(c.getKey(), () -> checkDelivery(c.getValue())));
  }

  private static void checkDelivery(Captured captured) {
    for (CapturedShard shard : captured.shards()) {
      List<User> expected =
          captured.put().stream().filter(u -> shard.range().contains(u.hashKey())).toList();
      // in any order: the library's own threads do not keep it. The reference reader checks that we
      // do.
      assertThat(delivered(shard))
          .as(shard.id())
          .isNotEmpty()
          .containsExactlyInAnyOrderElementsOf(expected);
    }
    assertThat(captured.shards())
        .anyMatch(s -> s.records().stream().anyMatch(r -> r.partitionKey().equals("a")));
  }

  @TestFactory
  Stream<DynamicTest> the_reference_reader_delivers_the_same() {
    return Captured.all().entrySet().stream()
        .filter(c -> !c.getKey().equals(Captured.SPLIT))
        .flatMap(
            c ->
                c.getValue().shards().stream()
                    .map(
                        s -> DynamicTest.dynamicTest(c.getKey() + " " + s.id(), () -> compare(s))));
  }

  private static void compare(CapturedShard shard) {
    List<Delivered> ours =
        Aggregates.unpack(shard.records(), shard.range()).records().stream()
            .map(Delivered::of)
            .toList();
    assertThat(ours).isNotEmpty().isEqualTo(ReferenceReader.read(shard.records(), shard.range()));
  }

  @Test
  void an_aggregate_that_landed_in_a_child_loses_nothing_and_reaches_the_right_shards_only() {
    Captured captured = Captured.named(Captured.SPLIT);
    List<User> all = new ArrayList<>();
    for (CapturedShard shard : captured.shards()) {
      List<User> here = delivered(shard);
      assertThat(here).as(shard.id()).allMatch(u -> shard.range().contains(u.hashKey()));
      all.addAll(here);
    }
    assertThat(all).containsAll(captured.put());
    assertThat(captured.put()).containsAll(all);
  }

  @Test
  void of_a_mixed_aggregate_the_reference_passes_over_all_and_we_over_the_strays_only() {
    CapturedShard child = Captured.named(Captured.SPLIT).shard(2);
    StreamRecord mixed =
        child.records().stream()
            .filter(r -> Aggregates.unpack(List.of(r), child.range()).passedOver() > 0)
            .findFirst()
            .orElseThrow();

    Unpacked ours = Aggregates.unpack(List.of(mixed), child.range());

    assertThat(ReferenceReader.read(List.of(mixed), child.range())).isEmpty();
    assertThat(ours.records())
        .hasSize(20)
        .allMatch(r -> child.range().contains(User.of(r).hashKey()));
    assertThat(ours.passedOver()).isEqualTo(18);
  }

  private static List<User> delivered(CapturedShard shard) {
    return Aggregates.unpack(shard.records(), shard.range()).records().stream()
        .map(User::of)
        .filter(u -> !u.text().equals(Captured.WARM_UP))
        .toList();
  }
}
