package io.millrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RecordTest {

  private static Record.Builder minimal() {
    return Record.builder().partitionKey("key").sequenceNumber("17");
  }

  @Test
  void every_call_of_getData_gives_all_bytes_whatever_was_done_to_the_last_buffer() {
    Record record = minimal().data("payload".getBytes(StandardCharsets.UTF_8)).build();
    ByteBuffer first = record.getData();
    while (first.hasRemaining()) {
      first.get();
    }
    assertThat(StandardCharsets.UTF_8.decode(record.getData()).toString()).isEqualTo("payload");
  }

  @Test
  void the_buffer_cannot_be_written_to() {
    assertThat(minimal().data(new byte[3]).build().getData().isReadOnly()).isTrue();
  }

  @Test
  void getDataBytes_is_a_copy() {
    Record record = minimal().data(new byte[] {1, 2}).build();
    record.getDataBytes()[0] = 9;
    assertThat(record.getDataBytes()).containsExactly(1, 2);
  }

  @Test
  void the_builder_copies_the_payload_and_leaves_the_given_buffer_as_it_is() {
    byte[] given = {0, 1, 2, 3};
    ByteBuffer window = ByteBuffer.wrap(given, 1, 2);
    Record record = minimal().data(window).build();
    given[1] = 99;
    assertThat(record.getDataBytes()).containsExactly(1, 2);
    assertThat(window.remaining()).isEqualTo(2);
  }

  @Test
  void a_record_has_what_it_was_built_with() {
    Record record =
        minimal()
            .explicitHashKey("42")
            .subSequenceNumber(3)
            .approximateArrivalTimestamp(Instant.ofEpochMilli(5))
            .encryptionType("KMS")
            .build();
    assertThat(record.getPartitionKey()).isEqualTo("key");
    assertThat(record.getExplicitHashKey()).isEqualTo("42");
    assertThat(record.getSequenceNumber()).isEqualTo("17");
    assertThat(record.getSubSequenceNumber()).isEqualTo(3);
    assertThat(record.getApproximateArrivalTimestamp()).isEqualTo(Instant.ofEpochMilli(5));
    assertThat(record.getEncryptionType()).isEqualTo("KMS");
    assertThat(record.getDataBytes()).isEmpty();
  }

  @Test
  void a_record_without_a_sequence_number_is_refused_by_name() {
    assertThatThrownBy(() -> Record.builder().partitionKey("key").build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("sequenceNumber");
  }

  @Test
  void toString_does_not_show_the_payload() {
    Record record = minimal().data("secret".getBytes(StandardCharsets.UTF_8)).build();
    assertThat(record.toString()).contains("key", "17", "6 bytes").doesNotContain("secret");
  }
}
