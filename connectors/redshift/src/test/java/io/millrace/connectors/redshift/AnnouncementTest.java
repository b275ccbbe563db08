package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.connectors.message.Json;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.sink.Exclusion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnnouncementTest {

  private static ObjectNode json(Announcement announcement) throws IOException {
    return (ObjectNode) Json.read(ByteBuffer.wrap(announcement.json()));
  }

  @Test
  void an_announcement_comes_back_as_it_was_put() throws IOException {
    Announcement announcement = Announcements.of(7, "gzip");
    assertThat(Announcement.of(json(announcement))).isEqualTo(announcement);
    assertThat(Announcement.of(json(announcement).put("later", "added"))).isEqualTo(announcement);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "millrace-announcement,, no announcement: it has no field millrace-announcement",
        "millrace-announcement, 2, an announcement of version 2",
        "key,, its field key is missing",
        "bytes, many, its field bytes is missing",
        "first, 17, '17' is no position of a record",
        "first, x.0,",
        "end, TRIM_HORIZON.0, 'TRIM_HORIZON.0' is no position of a record",
        "arrived, yesterday,"
      })
  void a_damaged_one_is_refused_with_the_reason(String field, String value, String reason)
      throws IOException {
    ObjectNode json = json(Announcements.of(7, "gzip"));
    if (value == null) {
      json.remove(field);
    } else {
      json.put(field, value);
    }
    assertThatThrownBy(() -> Announcement.of(json))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining(reason == null ? "a damaged announcement: " : reason);
  }

  @Test
  void a_batch_has_each_source_range_once_in_the_order_of_its_first_announcement() {
    AnnouncedBatch batch =
        AnnouncedBatch.of(
            Announcements.range(
                Announcements.texts(
                    Announcements.of(2, "gzip"),
                    Announcements.of(1, "gzip"),
                    Announcements.of(2, "gzip"),
                    Announcements.of(1, "gzip"))),
            Announcements.TABLE);
    assertThat(batch.files())
        .containsExactly(Announcements.of(2, "gzip"), Announcements.of(1, "gzip"));
    assertThat(batch.exclusions()).isEmpty();
    assertThat(batch.end()).isEqualTo(Announcements.at(1_003));
  }

  @Test
  void what_is_no_announcement_is_excluded_and_what_is_for_another_table_passed_over() {
    List<String> texts =
        new java.util.ArrayList<>(Announcements.texts(Announcements.of(1, "gzip")));
    texts.add("rubbish");
    texts.add("{}");
    texts.add(Announcements.texts(Announcements.of(2, "gzip")).get(0).replace("public", "other"));
    AnnouncedBatch batch = AnnouncedBatch.of(Announcements.range(texts), Announcements.TABLE);
    assertThat(batch.files()).containsExactly(Announcements.of(1, "gzip"));
    assertThat(batch.exclusions())
        .extracting(Exclusion::position)
        .containsExactly(Announcements.at(1_001), Announcements.at(1_002));
    assertThat(batch.end()).isEqualTo(Announcements.at(1_003));
  }

  @Test
  void a_batch_ends_before_files_that_are_compressed_otherwise() {
    List<String> texts =
        new java.util.ArrayList<>(
            Announcements.texts(Announcements.of(1, "gzip"), Announcements.of(2, "gzip")));
    texts.add("rubbish");
    texts.addAll(Announcements.texts(Announcements.of(3, "zstd")));
    texts.add("more rubbish");
    AnnouncedBatch batch = AnnouncedBatch.of(Announcements.range(texts), Announcements.TABLE);
    assertThat(batch.files())
        .containsExactly(Announcements.of(1, "gzip"), Announcements.of(2, "gzip"));
    assertThat(batch.end()).isEqualTo(Announcements.at(1_002));
    assertThat(batch.exclusions())
        .extracting(Exclusion::position)
        .containsExactly(Announcements.at(1_002));
  }
}
