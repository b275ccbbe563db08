package io.millrace.connectors.redshift;

import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The keys of a config file for the manifest flow: those of the basic one, and these. */
final class ManifestKeys {

  private static final Pattern STREAM = Pattern.compile("[a-zA-Z0-9_.-]{1,128}");
  private static final Pattern APPLICATION = Pattern.compile("[a-zA-Z0-9_.-]{3,255}");

  /** Which of the two applications a process runs. */
  enum Run {
    /** Both. */
    BOTH,
    /** The first stage. */
    FILES,
    /** The second stage. */
    LOAD
  }

  static final Key<Run> RUN =
      Key.oneOf("run", Run.class)
          .withDefault(Run.BOTH)
          .describedAs(
              "Which stages this process runs: files stores and announces them, load loads them.");

  static final Key<String> ANNOUNCEMENTS =
      matching("announcements", STREAM, "a stream's name of a-z A-Z 0-9 _ . -")
          .required()
          .describedAs(
              "The Kinesis stream in which files are announced, another one than the source.");

  static final Key<Boolean> CREATE_ANNOUNCEMENTS =
      Key.flag("createAnnouncements")
          .withDefault(false)
          .describedAs("Creates that stream if it is not there.");

  static final Key<Long> ANNOUNCEMENT_SHARDS =
      Key.number("announcementShards", 1, 100)
          .withDefault(1L)
          .describedAs(
              "Shards of a new stream. Announcements of one table use one of them; more are of use"
                  + " for a stream that several tables share.");

  static final Key<String> LOAD_APPLICATION =
      matching(
              "loadApplication",
              APPLICATION,
              "3 to 255 characters of a-z A-Z 0-9 _ . - (it names a DynamoDB table)")
          .describedAs(
              "Names the fleet of the second stage and its lease table; source.application with"
                  + " -load behind it if not given.");

  static final Key<Long> LOAD_FILES =
      Key.number("loadFiles", 1, 20_000)
          .withDefault(1_000L)
          .describedAs("A load begins when so many files are announced.");

  static final Key<Duration> LOAD_AGE =
      Key.duration("loadAge", Duration.ofMillis(100), Duration.ofHours(12))
          .withDefault(Duration.ofMinutes(1))
          .describedAs("A load begins so long after the first of its files was announced.");

  static final Key<Long> MERGE_BELOW =
      Key.bytes("mergeBelow", 0, 500_000_000)
          .withDefault(1_000_000L)
          .describedAs(
              "Files below this are merged before a load that has more files than the cluster has"
                  + " slices; 0 to merge none. Parquet is never merged.");

  static final Key<Long> MERGE_UP_TO =
      Key.bytes("mergeUpTo", 1_000, 5L << 30)
          .withDefault(1_000_000_000L)
          .describedAs("A merged file is no larger; at least twice mergeBelow.");

  static final Key<Long> SLICES =
      Key.number("slices", 1, 100_000)
          .describedAs(
              "Slices of the cluster. If not given they are counted in stv_slices, which a user"
                  + " without SYSLOG ACCESS may not see everywhere.");

  static final Section SINK =
      new Section(
          "redshift-manifest",
          "Loads a stream into a table of Redshift in two stages: files of all shards, announced in"
              + " a second stream, are loaded together by one COPY, exactly once.",
          keys());

  private ManifestKeys() {}

  private static Key<String> matching(String name, Pattern pattern, String allowed) {
    return Key.parsed(
        name,
        allowed,
        value -> {
          if (!pattern.matcher(value.trim()).matches()) {
            throw new IllegalArgumentException("it is none");
          }
          return value.trim();
        });
  }

  private static List<Key<?>> keys() {
    List<Key<?>> keys =
        new ArrayList<>(
            List.of(
                RUN,
                ANNOUNCEMENTS,
                CREATE_ANNOUNCEMENTS,
                ANNOUNCEMENT_SHARDS,
                LOAD_APPLICATION,
                LOAD_FILES,
                LOAD_AGE,
                MERGE_BELOW,
                MERGE_UP_TO,
                SLICES));
    keys.addAll(RedshiftKeys.SINK.keys());
    return keys;
  }
}
