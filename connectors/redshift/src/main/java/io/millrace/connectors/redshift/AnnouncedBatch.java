package io.millrace.connectors.redshift;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RecordRange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a range of the stream of announcements asks for.
 *
 * @param files one for each range of the source, in the order in which they were first announced;
 *     all of one format and compression
 * @param exclusions records that are no announcements, by position
 * @param end the last position that this covers: of the range, or before the first announcement of
 *     files of another format or compression, which one COPY cannot read
 */
record AnnouncedBatch(List<Announcement> files, List<Exclusion> exclusions, Checkpoint end) {

  AnnouncedBatch {
    files = List.copyOf(files);
    exclusions = List.copyOf(exclusions);
  }

  /** What is the same for every announcement of one range of the source. */
  private record Identity(String stream, String shardId, Checkpoint first) {
    static Identity of(Announcement announcement) {
      return new Identity(
          announcement.start().stream(),
          announcement.start().shardId(),
          announcement.start().first());
    }
  }

  /**
   * Reads a range. Pure: the same range gives the same batch, whoever asks.
   *
   * @param table announcements for other tables are passed over
   */
  static AnnouncedBatch of(RecordRange<Message> range, String table) {
    Map<Identity, Announcement> files = new LinkedHashMap<>();
    List<Exclusion> exclusions = new ArrayList<>(range.exclusions());
    Checkpoint last = null;
    Announcement pattern = null;
    for (RangeItem<Message> item : range.items()) {
      try {
        Announcement announcement = Announcement.of(item.value().readJson());
        if (announcement.table().equals(table)) {
          if (pattern == null) {
            pattern = announcement;
          } else if (!pattern.format().equals(announcement.format())
              || !pattern.compression().equals(announcement.compression())) {
            return upTo(last, files, exclusions);
          }
          files.putIfAbsent(Identity.of(announcement), announcement);
        }
      } catch (MalformedMessageException e) {
        exclusions.add(new Exclusion(item.position(), e.getMessage()));
      }
      last = item.position();
    }
    return upTo(range.end(), files, exclusions);
  }

  private static AnnouncedBatch upTo(
      Checkpoint end, Map<Identity, Announcement> files, List<Exclusion> exclusions) {
    return new AnnouncedBatch(
        List.copyOf(files.values()),
        exclusions.stream()
            .filter(exclusion -> exclusion.position().compareTo(end) <= 0)
            .sorted(java.util.Comparator.comparing(Exclusion::position))
            .toList(),
        end);
  }
}
