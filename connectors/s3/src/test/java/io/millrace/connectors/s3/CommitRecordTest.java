package io.millrace.connectors.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connectors.sink.Exclusion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CommitRecordTest {

  private static CommitRecord with(List<Exclusion> exclusions) {
    return new CommitRecord(
        "clicks", Ranges.SHARD, Ranges.at(1), Ranges.at(99), exclusions, Ranges.WRITER, 3, 42);
  }

  @Test
  void metadata_is_ascii_within_the_limit_and_says_everything() {
    CommitRecord record = with(List.of(new Exclusion(Ranges.at(2), "kein  JSON: „ä“ 😀")));

    Map<String, String> metadata = record.metadata().orElseThrow();

    assertThat(metadata.values()).allMatch(v -> v.chars().allMatch(c -> c >= 0x20 && c < 0x7f));
    assertThat(CommitRecord.fromMetadata(metadata).orElseThrow().commit())
        .isEqualTo(with(List.of(new Exclusion(Ranges.at(2), "kein JSON: „ä“ 😀"))));
  }

  @Test
  void exclusions_fit_until_the_limit_is_reached() {
    List<Exclusion> exclusions = new ArrayList<>();
    while (with(exclusions).metadata().isPresent()) {
      exclusions.add(new Exclusion(Ranges.at(exclusions.size() + 2), "x"));
    }

    Map<String, String> largest =
        with(exclusions.subList(0, exclusions.size() - 1)).metadata().orElseThrow();
    int bytes =
        largest.entrySet().stream()
            .mapToInt(e -> "x-amz-meta-".length() + e.getKey().length() + e.getValue().length())
            .sum();
    assertThat(bytes).isBetween(CommitRecord.MAX_METADATA_BYTES - 80, 2_048);
  }

  @Test
  void a_manifest_comes_back_as_it_was_written() {
    Manifest manifest =
        new Manifest(
            with(IntStream.range(2, 50).mapToObj(i -> new Exclusion(Ranges.at(i), "ü")).toList()),
            "d/!{partitionKey:a}/",
            List.of(new Manifest.DataObject("d/1/x", 5, 77)));

    // a manifest counts by object
    assertThat(Manifest.parse(manifest.bytes()))
        .contains(
            new Manifest(
                manifest.commit().withRows(CommitRecord.UNKNOWN),
                manifest.dataPrefix(),
                manifest.objects()));
  }

  @Test
  void anything_else_is_neither() {
    assertThat(CommitRecord.fromMetadata(Map.of())).isEmpty();
    assertThat(CommitRecord.fromMetadata(Map.of(CommitRecord.VERSION, "1"))).isEmpty();
    assertThat(CommitRecord.fromBytes(new byte[] {'{', '}'})).isEmpty();
    assertThat(Manifest.parse(new byte[] {'x'})).isEmpty();
  }
}
