package io.millrace.aggregation;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.millrace.aggregation.ReferenceReader.Delivered;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.kcl.aggregation.Aggregates;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.lease.HashKeyRange;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import software.amazon.kinesis.retrieval.kpl.Messages;

/** Random aggregates, and random damage to them, read by two readers. */
class FuzzedAggregatesTest {

  private static final int ROUNDS = 20_000;

  @Test
  void well_formed_aggregates_are_read_as_the_reference_reads_them() throws Exception {
    Random random = new Random(1);
    for (int i = 0; i < ROUNDS / 4; i++) {
      StreamRecord record = stored(sealed(message(random)));
      List<Delivered> ours = ours(record);
      assertThat(ours).as("round %d", i).isEqualTo(reference(record));
      assertThat(ours).allMatch(Delivered::aggregated);
    }
  }

  @Test
  void a_damaged_message_with_its_digest_is_read_as_the_reference_does_or_delivered_as_it_is()
      throws Exception {
    Random random = new Random(2);
    int unpacked = 0;
    int asItIs = 0;
    for (int i = 0; i < ROUNDS; i++) {
      StreamRecord record = stored(sealed(damaged(message(random), random)));
      List<Delivered> ours = ours(record);
      if (isAsItIs(ours, record)) {
        asItIs++;
      } else {
        unpacked++;
        assertThat(ours).as("round %d", i).isEqualTo(reference(record));
      }
    }
    assertThat(unpacked).isGreaterThan(ROUNDS / 10);
    assertThat(asItIs).isGreaterThan(ROUNDS / 10);
  }

  @Test
  void a_damaged_payload_is_delivered_as_it_is() throws Exception {
    Random random = new Random(3);
    for (int i = 0; i < ROUNDS; i++) {
      byte[] good = sealed(message(random));
      byte[] payload = good.clone();
      while (Arrays.equals(good, payload)) {
        payload = damaged(good, random);
      }
      StreamRecord record = stored(payload);
      assertThat(isAsItIs(ours(record), record)).as("round %d", i).isTrue();
    }
  }

  private static boolean isAsItIs(List<Delivered> ours, StreamRecord record) {
    return ours.equals(List.of(Delivered.of(record))) && !ours.get(0).aggregated();
  }

  private static List<Delivered> ours(StreamRecord record) {
    return Aggregates.unpack(List.of(record), HashKeyRange.ALL).records().stream()
        .map(Delivered::of)
        .toList();
  }

  private static List<Delivered> reference(StreamRecord record) {
    return ReferenceReader.read(List.of(record), HashKeyRange.ALL);
  }

  private static StreamRecord stored(byte[] payload) {
    return new StreamRecord(
        "k", null, SequenceNumber.of("1"), 0, 0, "NONE", ByteBuffer.wrap(payload));
  }

  private static byte[] message(Random random) {
    Messages.AggregatedRecord.Builder aggregate = Messages.AggregatedRecord.newBuilder();
    int keys = 1 + random.nextInt(4);
    for (int i = 0; i < keys; i++) {
      aggregate.addPartitionKeyTable("key " + random.nextInt(9) + "é".repeat(random.nextInt(3)));
    }
    int hashKeys = random.nextInt(3);
    for (int i = 0; i < hashKeys; i++) {
      aggregate.addExplicitHashKeyTable(new BigInteger(128, random).toString());
    }
    int records = 1 + random.nextInt(8);
    for (int i = 0; i < records; i++) {
      Messages.Record.Builder record =
          Messages.Record.newBuilder().setPartitionKeyIndex(random.nextInt(keys));
      if (hashKeys > 0 && random.nextBoolean()) {
        record.setExplicitHashKeyIndex(random.nextInt(hashKeys));
      }
      byte[] data = new byte[random.nextInt(20)];
      random.nextBytes(data);
      record.setData(ByteString.copyFrom(data));
      if (random.nextInt(5) == 0) {
        record.addTags(Messages.Tag.newBuilder().setKey("tag").setValue("value"));
      }
      aggregate.addRecords(record);
    }
    return aggregate.build().toByteArray();
  }

  /** One to three changes: a byte, a bit, a cut, a copy of a piece, a piece less. */
  private static byte[] damaged(byte[] original, Random random) {
    byte[] bytes = original.clone();
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes && bytes.length > 0; i++) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] = (byte) random.nextInt();
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes = Arrays.copyOf(bytes, at);
        case 3 -> bytes = replaced(bytes, at, at, bytes, random);
        default -> bytes = replaced(bytes, at, Math.min(bytes.length, at + 3), new byte[0], random);
      }
    }
    return bytes;
  }

  private static byte[] replaced(byte[] bytes, int from, int to, byte[] source, Random random) {
    int start = source.length == 0 ? 0 : random.nextInt(source.length);
    int length = Math.min(source.length - start, 1 + random.nextInt(6));
    ByteBuffer result = ByteBuffer.allocate(bytes.length - (to - from) + length);
    result.put(bytes, 0, from).put(source, start, length).put(bytes, to, bytes.length - to);
    return result.array();
  }

  private static byte[] sealed(byte[] message) throws Exception {
    return ByteBuffer.allocate(message.length + 20)
        .putInt(0xF3899AC2)
        .put(message)
        .put(MessageDigest.getInstance("MD5").digest(message))
        .array();
  }
}
