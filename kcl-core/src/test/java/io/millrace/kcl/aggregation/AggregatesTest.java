package io.millrace.kcl.aggregation;

import static io.millrace.kcl.aggregation.AggregateWriter.stored;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.millrace.kcl.aggregation.Aggregates.Unpacked;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.lease.HashKeyRange;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class AggregatesTest {

  /** What the producer library uses. */
  private static final String ITS_KEY = "a";

  private static final BigInteger MIDDLE = BigInteger.ONE.shiftLeft(127);
  private static final HashKeyRange LOW =
      new HashKeyRange(HashKeyRange.MIN, MIDDLE.subtract(BigInteger.ONE));
  private static final HashKeyRange HIGH = new HashKeyRange(MIDDLE, HashKeyRange.MAX);
  private static final String IN_HIGH = MIDDLE.toString();

  @Test
  void user_records_come_in_order_with_their_keys_and_sub_sequence_numbers() {
    ByteBuffer payload =
        new AggregateWriter()
            .add("one", null, "1")
            .add("zwölf", "5", "12")
            .add("one", IN_HIGH, "")
            .payload();
    StreamRecord record = stored(ITS_KEY, 77, payload);

    List<StreamRecord> unpacked = Aggregates.unpack(List.of(record), HashKeyRange.ALL).records();

    assertThat(unpacked)
        .extracting(
            StreamRecord::partitionKey,
            StreamRecord::explicitHashKey,
            StreamRecord::subSequenceNumber,
            AggregatesTest::text)
        .containsExactly(
            tuple("one", null, 0L, "1"),
            tuple("zwölf", "5", 1L, "12"),
            tuple("one", IN_HIGH, 2L, ""));
    assertThat(unpacked)
        .allMatch(r -> r.sequenceNumber().equals(record.sequenceNumber()))
        .allMatch(r -> r.arrivalMillis() == 1_000 && r.encryptionType().equals("NONE"))
        .allMatch(StreamRecord::aggregated)
        .allMatch(r -> r.data().isReadOnly());
    assertThat(StreamRecord.storedBytes(unpacked)).isEqualTo(record.sizeBytes());
  }

  @Test
  void other_records_of_a_page_stay_where_and_what_they_are() {
    StreamRecord before = stored("k", 1, ByteBuffer.allocate(3));
    StreamRecord aggregate =
        stored("k", 2, new AggregateWriter().add("x", null, "a").add("y", null, "b").payload());
    StreamRecord after = stored("k", 3, ByteBuffer.allocate(0));

    List<StreamRecord> unpacked =
        Aggregates.unpack(List.of(before, aggregate, after), HashKeyRange.ALL).records();

    assertThat(unpacked).hasSize(4).startsWith(before).endsWith(after);
    assertThat(before.aggregated()).isFalse();
    assertThat(StreamRecord.storedBytes(unpacked)).isEqualTo(3L + aggregate.sizeBytes());
  }

  @Test
  void every_view_of_a_payload_is_fresh() {
    StreamRecord record = stored("k", 1, new AggregateWriter().add("x", null, "payload").payload());
    StreamRecord user = Aggregates.unpack(List.of(record), null).records().get(0);

    ByteBuffer first = user.data();
    first.position(4);

    assertThat(user.data().remaining()).isEqualTo(7);
    assertThat(text(user)).isEqualTo("payload");
  }

  @Test
  void tables_may_come_behind_the_records_and_unknown_fields_anywhere() {
    byte[] normal = new AggregateWriter().add("x", null, "payload").message();
    // the table's entry is the first three bytes
    byte[] turned = new byte[normal.length + 2];
    turned[0] = 15 << 3;
    turned[1] = 1;
    System.arraycopy(normal, 3, turned, 2, normal.length - 3);
    System.arraycopy(normal, 0, turned, turned.length - 3, 3);

    assertThat(unpack(AggregateWriter.wrap(turned)))
        .singleElement()
        .satisfies(r -> assertThat(text(r)).isEqualTo("payload"))
        .satisfies(r -> assertThat(r.partitionKey()).isEqualTo("x"));
  }

  @TestFactory
  Stream<DynamicTest> what_is_no_whole_aggregate_is_delivered_as_it_is() {
    Map<String, ByteBuffer> payloads = new TreeMap<>();
    byte[] good = new AggregateWriter().add("x", null, "a").add("y", null, "b").message();
    payloads.put("empty", ByteBuffer.allocate(0));
    payloads.put("magic only", ByteBuffer.allocate(4).putInt(0xF3899AC2).flip());
    payloads.put("nothing between magic and digest", AggregateWriter.wrap(new byte[0]));
    ByteBuffer other = AggregateWriter.wrap(good);
    payloads.put("another magic", other.put(0, (byte) 0xF4));
    ByteBuffer digest = AggregateWriter.wrap(good);
    payloads.put("another digest", digest.put(digest.limit() - 1, (byte) ~digest.get(20)));
    ByteBuffer changed = AggregateWriter.wrap(good);
    payloads.put("another message", changed.put(9, (byte) ~changed.get(9)));
    ByteBuffer cut = AggregateWriter.wrap(good);
    payloads.put("a byte too short", cut.limit(cut.limit() - 1));
    byte[] torn = Arrays.copyOf(good, good.length - 1);
    payloads.put("a torn message with its digest", AggregateWriter.wrap(torn));
    payloads.put("no record", new AggregateWriter().key("x").payload());
    payloads.put("key index", new AggregateWriter().key("x").record(1, null, "a").payload());
    payloads.put(
        "key index above all", new AggregateWriter().key("x").record(-1L, null, "a").payload());
    payloads.put(
        "key index that an int would wrap",
        new AggregateWriter().key("x").record(1L << 32, null, "a").payload());
    payloads.put("hash key index", new AggregateWriter().key("x").record(0, 0L, "a").payload());
    payloads.put("no key index", new AggregateWriter().key("x").record(null, null, "a").payload());
    payloads.put("no data", new AggregateWriter().key("x").record(0, null, null).payload());
    payloads.put(
        "one good record and one bad one",
        new AggregateWriter().add("x", null, "a").record(5, null, "b").payload());
    for (String hashKey : List.of("", "-1", "x", "1".repeat(40), "9".repeat(39), "٣")) {
      payloads.put(
          "hash key '" + hashKey + "'", new AggregateWriter().add("x", hashKey, "a").payload());
    }
    payloads.put("a group", new AggregateWriter().key("x").raw((byte) 0x2b, (byte) 0x2c).payload());
    payloads.put(
        "a tag without a key",
        new AggregateWriter()
            .key("x")
            .raw((byte) 8, (byte) 0, (byte) 26, (byte) 0, (byte) 34, (byte) 0)
            .payload());
    return payloads.entrySet().stream()
        .map(
            p ->
                DynamicTest.dynamicTest(
                    p.getKey(),
                    () -> {
                      StreamRecord record = stored("k", 1, p.getValue());
                      Unpacked unpacked = Aggregates.unpack(List.of(record), HashKeyRange.ALL);
                      assertThat(unpacked.records()).containsExactly(record);
                      assertThat(unpacked.passedOver()).isZero();
                      assertThat(record.data()).isEqualTo(p.getValue());
                    }));
  }

  @Test
  void strays_of_the_producer_library_are_passed_over_and_the_others_keep_their_numbers() {
    StreamRecord record = stored(ITS_KEY, 1, mixed("first"));

    Unpacked low = Aggregates.unpack(List.of(record), LOW);
    Unpacked high = Aggregates.unpack(List.of(record), HIGH);

    assertThat(low.records()).extracting(AggregatesTest::text).containsExactly("low 0", "low 2");
    assertThat(low.records()).extracting(StreamRecord::subSequenceNumber).containsExactly(0L, 2L);
    assertThat(low.passedOver()).isEqualTo(2);
    assertThat(high.records()).extracting(AggregatesTest::text).containsExactly("high 1", "high 3");
    assertThat(StreamRecord.storedBytes(low.records())).isEqualTo(record.sizeBytes());
  }

  @Test
  void a_record_without_explicit_hash_key_belongs_where_its_partition_key_hashes_to() {
    // MD5("b") = 92eb…, MD5("c") = 4a8a…
    StreamRecord record =
        stored(
            ITS_KEY,
            1,
            new AggregateWriter().add("b", null, "high").add("c", null, "low").payload());

    assertThat(Aggregates.unpack(List.of(record), HIGH).records())
        .extracting(AggregatesTest::text)
        .containsExactly("high");
    assertThat(Aggregates.unpack(List.of(record), LOW).records())
        .extracting(AggregatesTest::text)
        .containsExactly("low");
  }

  @Test
  void nothing_is_passed_over_that_nobody_puts_again() {
    StreamRecord ofAnotherLibrary = stored("first", 1, mixed("first"));
    StreamRecord ofAnotherLibraryWithThatKey = stored(ITS_KEY, 2, mixed(ITS_KEY));
    StreamRecord rangeNotKnown = stored(ITS_KEY, 3, mixed("first"));

    assertThat(Aggregates.unpack(List.of(ofAnotherLibrary), LOW).records()).hasSize(4);
    assertThat(Aggregates.unpack(List.of(ofAnotherLibraryWithThatKey), LOW).records()).hasSize(4);
    assertThat(Aggregates.unpack(List.of(rangeNotKnown), null).records()).hasSize(4);
  }

  private static ByteBuffer mixed(String firstKey) {
    return new AggregateWriter()
        .add(firstKey, "0", "low 0")
        .add("k", IN_HIGH, "high 1")
        .add("k", "1", "low 2")
        .add("k", IN_HIGH, "high 3")
        .payload();
  }

  private static List<StreamRecord> unpack(ByteBuffer payload) {
    return Aggregates.unpack(List.of(stored("k", 1, payload)), HashKeyRange.ALL).records();
  }

  private static String text(StreamRecord record) {
    return StandardCharsets.UTF_8.decode(record.data()).toString();
  }
}
