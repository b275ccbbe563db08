package io.millrace.embedded.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SequenceNumbersTest {
  private static final long CREATED = 1_772_366_400;

  @Test
  void a_number_has_56_decimal_digits_laid_out_as_kinesis_does() {
    String number = SequenceNumbers.encode(0x0_1234_5678L, 0x2b, 0xabcdefL, 0x0_8765_4321L);

    assertThat(number).matches("[1-9]\\d{55}");
    assertThat(new BigInteger(number).toString(16))
        .isEqualTo(
            "2" + "012345678" + "b" + "0000000000abcdef" + "00" + "087654321" + "0000002b" + "2");
  }

  @Test
  void what_is_encoded_is_decoded() {
    Random random = new Random(42);
    for (int i = 0; i < 10_000; i++) {
      SequenceNumbers.Parts parts =
          new SequenceNumbers.Parts(
              random.nextLong(1L << 36),
              random.nextInt() & Integer.MAX_VALUE,
              random.nextLong() & Long.MAX_VALUE,
              random.nextLong(1L << 36));
      String number =
          SequenceNumbers.encode(
              parts.shardCreationSeconds(), parts.shardIndex(), parts.index(), parts.timeSeconds());

      assertThat(number).hasSize(56);
      assertThat(SequenceNumbers.decode(number)).contains(parts);
    }
  }

  @Test
  void numbers_grow_with_the_index_whatever_the_clock_does() {
    BigInteger last = BigInteger.ZERO;
    for (long index : new long[] {0, 1, 2, 0xffff, 0x10000, 1L << 48, SequenceNumbers.END_INDEX}) {
      long time = CREATED + 1_000 - index % 7;
      BigInteger number = new BigInteger(SequenceNumbers.encode(CREATED, 3, index, time));
      assertThat(number).isGreaterThan(last);
      last = number;
    }
  }

  @Test
  void what_is_no_number_of_this_layout_is_not_decoded() {
    String valid = SequenceNumbers.encode(CREATED, 3, 7, CREATED);
    BigInteger other = new BigInteger(valid).add(BigInteger.ONE);
    for (String broken :
        List.of("", "0", "-" + valid.substring(1), valid + "0", "9".repeat(56), other.toString())) {
      assertThat(SequenceNumbers.decode(broken)).as(broken).isEmpty();
    }
  }
}
