package io.millrace.embedded.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StreamTest {
  private static final long START = 1_772_366_400_123L;
  private static final long HOUR = 3_600_000;
  private static final int ALL = 10_000;

  private final Streams streams = new Streams(new Stream.Limits(24 * HOUR, 0, 100));

  @Test
  void numbers_of_a_shard_grow_when_the_clock_stands_still_or_goes_back() {
    Stream stream = stream(1);
    String last = "";
    for (long now : new long[] {START, START, START - 5_000, START - HOUR, START + 1, START}) {
      String number = put(stream, "v", now);
      assertThat(number).isGreaterThan(last);
      last = number;
    }
  }

  @Test
  void arrival_times_never_go_back_within_a_shard() {
    Stream stream = stream(1);
    put(stream, "a", START + 10);
    put(stream, "b", START);
    put(stream, "c", START + 20);

    assertThat(read(stream, 0, 0, START + 30).records())
        .extracting(StoredRecord::arrivalMillis)
        .containsExactly(START + 10, START + 10, START + 20);
    assertThat(stream.shard(id(0), START).placeAt(START + 11)).isEqualTo(3);
  }

  @Test
  void numbers_of_children_are_greater_than_those_of_their_parents_on_a_standing_clock() {
    Stream stream = stream(2);
    String parent = put(stream, "v", START);
    stream.split(id(0), BigInteger.valueOf(100), START);
    stream.merge(id(2), id(3), START);

    Shard grandchild = stream.shard(id(4), START);
    assertThat(grandchild.startingSequenceNumber())
        .isGreaterThan(stream.shard(id(2), START).endingSequenceNumber())
        .isGreaterThan(stream.shard(id(0), START).endingSequenceNumber());
    assertThat(stream.shard(id(0), START).endingSequenceNumber()).isGreaterThan(parent);
  }

  @Test
  void shards_open_at_the_trim_horizon_are_the_first_ones_even_on_a_standing_clock() {
    Stream stream = stream(2);
    stream.split(id(0), BigInteger.valueOf(100), START);

    assertThat(stream.shards(filter(ShardFilter.Type.AT_TRIM_HORIZON), START))
        .extracting(Shard::id)
        .containsExactly(id(0), id(1));
    assertThat(stream.shards(filter(ShardFilter.Type.AT_LATEST), START))
        .extracting(Shard::id)
        .containsExactly(id(1), id(2), id(3));
  }

  @Test
  void open_shards_cover_all_keys_after_any_resharding() {
    Random random = new Random(11);
    Stream stream = stream(3);
    for (int step = 0; step < 300; step++) {
      List<Shard> open =
          new ArrayList<>(stream.shards(filter(ShardFilter.Type.AT_LATEST), START + step));
      open.sort((a, b) -> a.range().start().compareTo(b.range().start()));
      int pick = random.nextInt(open.size());
      if (open.size() > 1 && (random.nextBoolean() || open.size() > 20)) {
        int left = Math.min(pick, open.size() - 2);
        stream.merge(open.get(left).id(), open.get(left + 1).id(), START + step);
      } else {
        stream.split(open.get(pick).id(), open.get(pick).range().middle(), START + step);
      }
      BigInteger next = BigInteger.ZERO;
      for (Shard shard :
          stream.shards(filter(ShardFilter.Type.AT_LATEST), START + step).stream()
              .sorted((a, b) -> a.range().start().compareTo(b.range().start()))
              .toList()) {
        assertThat(shard.range().start()).isEqualTo(next);
        next = shard.range().end().add(BigInteger.ONE);
      }
      assertThat(next).isEqualTo(BigInteger.ONE.shiftLeft(128));
    }
  }

  @Test
  void a_read_stops_at_ten_mebibytes_but_always_makes_progress() {
    Stream stream = stream(1);
    byte[] big = new byte[Shard.MAX_READ_BYTES];
    stream.put("k", BigInteger.ZERO, big, START);
    stream.put("k", BigInteger.ZERO, new byte[1], START);

    Shard.Page first = read(stream, 0, 0, START);
    Shard.Page second = read(stream, 0, first.next(), START);

    assertThat(first.records()).hasSize(1);
    assertThat(first.millisBehind()).isPositive();
    assertThat(second.records()).hasSize(1);
    assertThat(second.millisBehind()).isZero();
  }

  @Test
  void millis_behind_latest_is_the_age_of_the_first_record_not_read() {
    Stream stream = stream(1);
    put(stream, "a", START);
    put(stream, "b", START + 1_000);

    Shard.Page page = stream.read(stream.shard(id(0), START), 0, 1, START + 5_000);

    assertThat(page.millisBehind()).isEqualTo(4_000);
  }

  @Test
  void trimming_and_growing_in_any_order_keeps_the_records_in_order() {
    Random random = new Random(3);
    Stream stream = stream(1);
    List<String> expected = new ArrayList<>();
    for (int step = 0; step < 2_000; step++) {
      if (random.nextInt(10) > 0 || expected.isEmpty()) {
        expected.add(put(stream, "v", START + step));
      } else {
        int drop = random.nextInt(expected.size());
        stream.trim(id(0), expected.get(drop), START + step);
        expected.subList(0, drop).clear();
      }
      assertThat(read(stream, 0, 0, START + step).records())
          .extracting(StoredRecord::sequenceNumber)
          .isEqualTo(expected);
    }
  }

  @Test
  void trimming_never_resets_the_numbers() {
    Stream stream = stream(1);
    String before = put(stream, "a", START);
    assertThat(read(stream, 0, 0, START + 25 * HOUR).records()).isEmpty();

    assertThat(put(stream, "b", START + 25 * HOUR)).isGreaterThan(before);
  }

  @Test
  void records_put_while_shards_are_split_and_merged_arrive_exactly_once() throws Exception {
    Stream stream = stream(1);
    var acknowledged = ConcurrentHashMap.<String>newKeySet();
    var threads = Executors.newFixedThreadPool(3);
    try {
      List<Future<?>> writers = new ArrayList<>();
      for (int writer = 0; writer < 3; writer++) {
        int seed = writer;
        writers.add(
            threads.submit(
                () -> {
                  Random random = new Random(seed);
                  for (int i = 0; i < 20_000; i++) {
                    BigInteger key = new BigInteger(128, random);
                    Stream.Put put = stream.put("k", key, new byte[0], START);
                    acknowledged.add(put.shardId() + put.sequenceNumber());
                  }
                }));
      }
      for (int i = 0; i < 200; i++) {
        List<Shard> open = stream.shards(filter(ShardFilter.Type.AT_LATEST), START);
        if (open.size() == 1) {
          stream.split(open.get(0).id(), open.get(0).range().middle(), START);
        } else {
          stream.merge(open.get(0).id(), open.get(1).id(), START);
        }
      }
      for (Future<?> writer : writers) {
        writer.get();
      }
    } finally {
      threads.shutdown();
    }

    List<String> found = new ArrayList<>();
    for (Shard shard : stream.shards(ShardFilter.ALL, START)) {
      long place = 0;
      Shard.Page page;
      do {
        page = stream.read(shard, place, ALL, START);
        page.records().forEach(stored -> found.add(shard.id() + stored.sequenceNumber()));
        place = page.next();
      } while (!page.records().isEmpty());
    }
    // sets: AssertJ would compare each with each
    assertThat(found.size()).isEqualTo(60_000);
    assertThat(new HashSet<>(found).equals(acknowledged)).isTrue();
  }

  @Test
  void a_split_beyond_the_shard_limit_is_refused() {
    Stream stream = stream(100);

    assertThatThrownBy(() -> stream.split(id(0), BigInteger.valueOf(100), START))
        .isInstanceOfSatisfying(
            KinesisError.class, e -> assertThat(e.type()).isEqualTo("LimitExceededException"));
  }

  @Test
  void a_stream_created_again_is_another_incarnation_with_the_same_shard_ids() {
    Stream first = stream(1);
    streams.delete("s", START);
    Stream second = streams.create("s", 1, "PROVISIONED", START + 1);

    assertThat(second.incarnation()).isNotEqualTo(first.incarnation());
    assertThat(second.shard(id(0), START + 1).id()).isEqualTo(id(0));
    assertThatThrownBy(() -> put(first, "v", START)).isInstanceOf(KinesisError.class);
    assertThatThrownBy(() -> streams.get("s", first.incarnation(), START))
        .isInstanceOf(KinesisError.class);
  }

  @Test
  void keys_go_to_the_shard_that_owns_them() {
    Stream stream = stream(7);
    var owners =
        IntStream.range(0, 1_000)
            .mapToObj(i -> HashKeyRange.hashKey("key-" + i))
            .collect(
                Collectors.toMap(
                    key -> key, key -> stream.put("k", key, new byte[0], START).shardId()));

    owners.forEach(
        (key, shardId) -> assertThat(stream.shard(shardId, START).range().contains(key)).isTrue());
  }

  private Stream stream(int shards) {
    return streams.create("s", shards, "PROVISIONED", START);
  }

  private static String id(int number) {
    return String.format("shardId-%012d", number);
  }

  private static ShardFilter filter(ShardFilter.Type type) {
    return new ShardFilter(type, null, 0);
  }

  private static String put(Stream stream, String value, long now) {
    return stream
        .put("k", BigInteger.ZERO, value.getBytes(StandardCharsets.UTF_8), now)
        .sequenceNumber();
  }

  private static Shard.Page read(Stream stream, int shard, long place, long now) {
    return stream.read(stream.shard(id(shard), now), place, ALL, now);
  }
}
