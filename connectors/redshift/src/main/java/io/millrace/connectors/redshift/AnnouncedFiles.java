package io.millrace.connectors.redshift;

import io.millrace.connectors.s3.RecordFiles;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.SinkException;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.function.IntSupplier;

/**
 * The second stage's work in S3: looks whether what was announced is there, merges what is small,
 * writes the manifest. Blocks.
 */
final class AnnouncedFiles {
  private static final int LOOKS_AT_A_TIME = 16;

  /**
   * How small files are merged.
   *
   * @param folder of merged files and manifests, with a slash at its end
   * @param leastBytes a file below this is small; 0 to merge nothing
   * @param mostBytes a merged file has no more
   * @param slices of the cluster; asked when they are needed
   */
  record Merging(String folder, long leastBytes, long mostBytes, IntSupplier slices) {}

  private final RecordFiles files;
  private final Merging merging;

  /**
   * @param files not closed by this
   */
  AnnouncedFiles(RecordFiles files, Merging merging) {
    this.files = files;
    this.merging = merging;
  }

  /** What everything that is written for one try of a load begins with: nobody else writes it. */
  static String name(RangeStart start, String writer, int attempt, int round) {
    return RecordFiles.identity(start) + "-" + writer + "-" + attempt + "-" + round;
  }

  /**
   * What COPY is to read: the files, small ones merged.
   *
   * @param announced at least one, all of one format and compression
   * @throws SinkException if one is gone or is another one by now, or S3 is in trouble
   */
  List<LoadFile> prepare(List<Announcement> announced, String name) {
    requireAll(announced);
    boolean canBeMerged = !announced.get(0).format().equals("parquet") && merging.leastBytes() > 0;
    if (!canBeMerged || announced.size() == 1) {
      return announced.stream().map(AnnouncedFiles::alone).toList();
    }
    MergePlan plan =
        new MergePlan(merging.slices().getAsInt(), merging.leastBytes(), merging.mostBytes());
    List<LoadFile> prepared = new ArrayList<>();
    int merged = 0;
    for (List<Integer> group : plan.groups(announced.stream().map(Announcement::bytes).toList())) {
      List<Announcement> together = group.stream().map(announced::get).toList();
      prepared.add(
          together.size() == 1 ? alone(together.get(0)) : merged(together, name, ++merged));
    }
    return prepared;
  }

  private static LoadFile alone(Announcement file) {
    return new LoadFile(URI.create(file.uri()), file.bytes(), file.rows(), true);
  }

  private LoadFile merged(List<Announcement> announced, String name, int number) {
    String key =
        merging.folder() + "merged/" + name + "-" + number + suffix(announced.get(0).key());
    List<RecordFiles.Stored> pieces =
        announced.stream()
            .map(file -> new RecordFiles.Stored(URI.create(file.uri()), file.bytes(), file.rows()))
            .toList();
    RecordFiles.Stored all = Stages.join(files.join(pieces, key));
    return new LoadFile(all.location(), all.bytes(), all.rows(), true);
  }

  /** Whoever looks at the bucket sees what the files are. */
  private static String suffix(String key) {
    String file = key.substring(key.lastIndexOf('/') + 1);
    int point = file.indexOf('.');
    return point < 0 ? "" : file.substring(point);
  }

  /** Looks at each file: a load must not begin that cannot end. */
  private void requireAll(List<Announcement> announced) {
    for (int from = 0; from < announced.size(); from += LOOKS_AT_A_TIME) {
      Map<Announcement, CompletionStage<OptionalLong>> asked = new LinkedHashMap<>();
      announced
          .subList(from, Math.min(announced.size(), from + LOOKS_AT_A_TIME))
          .forEach(file -> asked.put(file, files.size(URI.create(file.uri()))));
      asked.forEach(AnnouncedFiles::require);
    }
  }

  private static void require(Announcement file, CompletionStage<OptionalLong> asked) {
    OptionalLong bytes = Stages.join(asked);
    if (bytes.isEmpty()) {
      throw SinkException.needsSomebody(
          "Could not load "
              + describe(file)
              + ": it was announced and is gone, and its records with it. Put it back (an older"
              + " version, a backup), and look which lifecycle rule deletes files that are not"
              + " loaded yet. Nothing is loaded or skipped until then",
          null);
    }
    if (bytes.getAsLong() != file.bytes()) {
      throw SinkException.needsSomebody(
          "Could not load "
              + describe(file)
              + ": it was announced with "
              + file.bytes()
              + " bytes and has "
              + bytes.getAsLong()
              + " now, so somebody has replaced it. Put the version back that was announced. Nothing"
              + " is loaded or skipped until then",
          null);
    }
  }

  private static String describe(Announcement file) {
    return file.uri()
        + " ("
        + file.start().stream()
        + "/"
        + file.start().shardId()
        + " from "
        + file.start().first()
        + " to "
        + file.end()
        + ")";
  }

  /** Where the manifest of a load is. */
  URI putManifest(List<LoadFile> prepared, String name) {
    return Stages.join(
        files.putJson(merging.folder() + "loads/" + name + ".manifest", CopyManifest.of(prepared)));
  }
}
