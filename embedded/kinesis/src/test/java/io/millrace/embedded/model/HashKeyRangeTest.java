package io.millrace.embedded.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HashKeyRangeTest {
  @Test
  void ranges_cover_all_keys_without_gap_or_overlap() {
    for (int shards : new int[] {1, 2, 3, 4, 7, 10, 64, 999, 1_000, 4_096}) {
      List<HashKeyRange> ranges = HashKeyRange.divide(shards);
      BigInteger width = BigInteger.ONE.shiftLeft(128).divide(BigInteger.valueOf(shards));

      assertThat(ranges).hasSize(shards);
      assertThat(ranges.get(0).start()).isZero();
      for (int i = 1; i < shards; i++) {
        assertThat(ranges.get(i).start()).isEqualTo(width.multiply(BigInteger.valueOf(i)));
        assertThat(ranges.get(i - 1).end())
            .isEqualTo(ranges.get(i).start().subtract(BigInteger.ONE));
      }
      assertThat(ranges.get(shards - 1).end())
          .isEqualTo(new BigInteger("340282366920938463463374607431768211455"));
    }
  }

  @Test
  void a_key_hashes_to_its_unsigned_md5_and_so_into_exactly_one_range() throws Exception {
    Random random = new Random(7);
    List<HashKeyRange> ranges = HashKeyRange.divide(13);
    for (int i = 0; i < 5_000; i++) {
      String key =
          random
              .ints(1 + random.nextInt(40), 32, 0x2fff)
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString();
      byte[] md5 = MessageDigest.getInstance("MD5").digest(key.getBytes(StandardCharsets.UTF_8));

      BigInteger hash = HashKeyRange.hashKey(key);

      assertThat(hash).isEqualTo(new BigInteger(HexFormat.of().formatHex(md5), 16));
      assertThat(ranges.stream().filter(range -> range.contains(hash))).hasSize(1);
    }
  }

  @Test
  void the_hash_of_a_known_key_is_what_kinesis_computes() {
    // MD5("a") = 0cc175b9c0f1b6a831c399e269772661
    assertThat(HashKeyRange.hashKey("a"))
        .isEqualTo(new BigInteger("16955237001963240173058271559858726497"));
  }

  @Test
  void the_middle_divides_a_range_in_two_of_nearly_one_width() {
    HashKeyRange even = new HashKeyRange(BigInteger.ZERO, BigInteger.valueOf(9));
    HashKeyRange odd = new HashKeyRange(BigInteger.TEN, BigInteger.valueOf(14));

    assertThat(even.middle()).isEqualTo(5);
    assertThat(odd.middle()).isEqualTo(12);
  }
}
