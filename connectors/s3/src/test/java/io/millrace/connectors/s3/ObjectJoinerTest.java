package io.millrace.connectors.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class ObjectJoinerTest {

  private static final int MIB = 1 << 20;

  private final Random random = new Random(5);
  private final String bucket = LocalS3.newBucket();
  private final ObjectJoiner joiner = new ObjectJoiner(LocalS3.CLIENT, ObjectOptions.NONE);
  private final List<ObjectJoiner.Piece> pieces = new ArrayList<>();
  private final List<byte[]> contents = new ArrayList<>();

  private void put(int bytes) {
    byte[] content = new byte[bytes];
    random.nextBytes(content);
    String key = "piece-" + pieces.size();
    LocalS3.put(bucket, key, content);
    pieces.add(new ObjectJoiner.Piece(bucket, key, bytes));
    contents.add(content);
  }

  private static byte[] joined(List<byte[]> contents) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    contents.forEach(all::writeBytes);
    return all.toByteArray();
  }

  @Test
  void small_objects_become_one_in_their_order() {
    for (int i = 0; i < 30; i++) {
      put(1_000 + i);
    }
    joiner.join(pieces, bucket, "all");
    assertThat(LocalS3.get(bucket, "all")).isEqualTo(joined(contents));
  }

  @Test
  void what_is_as_large_as_a_part_is_copied_and_the_rest_goes_in_parts_behind_it() {
    for (int bytes : new int[] {3 * MIB, 6 * MIB, 1 * MIB, 4 * MIB, 5 * MIB, 1_000}) {
      put(bytes);
    }
    joiner.join(pieces, bucket, "all");
    List<byte[]> largeFirst = new ArrayList<>(List.of(contents.get(1), contents.get(4)));
    for (int i : new int[] {0, 2, 3, 5}) {
      largeFirst.add(contents.get(i));
    }
    assertThat(LocalS3.get(bucket, "all")).isEqualTo(joined(largeFirst));
  }

  @Test
  void when_one_is_gone_nothing_is_left_behind() {
    put(4 * MIB);
    put(4 * MIB);
    pieces.add(new ObjectJoiner.Piece(bucket, "gone", 4 * MIB));
    assertThatThrownBy(() -> joiner.join(pieces, bucket, "all"))
        .isInstanceOf(CompletionException.class)
        .hasMessageContaining("404");
    assertThat(LocalS3.keys(bucket)).doesNotContain("all");
    assertThat(LocalS3.openUploads(bucket)).isEmpty();
  }
}
