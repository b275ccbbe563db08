package io.millrace.connectors.redshift;

import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.SinkProvider;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.s3.FileKeys;
import io.millrace.connectors.s3.RecordFiles;
import io.millrace.connectors.sink.Sink;
import io.millrace.kcl.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

/** The second stage's part of a config file: loads of the files that are announced. */
final class LoadStage implements SinkProvider {

  @Override
  public Section section() {
    return ManifestKeys.SINK;
  }

  @Override
  public Sink<Message> open(Values values, Surroundings surroundings) {
    if (values.get(ManifestKeys.CREATE_ANNOUNCEMENTS)) {
      // whichever stage is started first
      try (AnnouncementStream stream = FilesStage.stream(values, surroundings)) {
        FilesStage.createIfAsked(values, stream);
      }
    }
    RedshiftSinkBuilder settings = RedshiftSinkProvider.builder(values, surroundings);
    IntSupplier slices =
        values
            .find(ManifestKeys.SLICES)
            .<IntSupplier>map(said -> said::intValue)
            .orElseGet(() -> new Slices(settings));
    return sink(
        settings,
        new AnnouncedFiles.Merging(
            settings.prefix,
            values.get(ManifestKeys.MERGE_BELOW),
            values.get(ManifestKeys.MERGE_UP_TO),
            slices));
  }

  /**
   * @param settings not to be used by anybody else any more
   */
  static ManifestSink sink(RedshiftSinkBuilder settings, AnnouncedFiles.Merging merging) {
    RecordFiles files = new RecordFiles(settings.storage, settings.layout());
    Loaders loaders = new Loaders(settings, files);
    return new ManifestSink(
        settings.table.toString(),
        settings.format,
        settings.rangeTarget().text(),
        new ManifestSink.Tools(
            new AnnouncedFiles(files, merging),
            compression -> loaders.of(compression)::load,
            new DroppedLetters(
                new AnnouncedRows(
                    files,
                    new Statements(settings.target(), settings.copyOptions(files)).fileColumns()),
                Clock.system()),
            () -> {
              loaders.close();
              files.close();
            }));
  }

  @Override
  public List<Finding> check(Values values, Surroundings surroundings) {
    RedshiftSinkBuilder settings = RedshiftSinkProvider.builder(values, surroundings);
    List<Finding> findings = new ArrayList<>(settings.checkStorage());
    findings.addAll(new DatabaseCheck(settings).run());
    if (!values.isSet(ManifestKeys.SLICES) && findings.stream().allMatch(Finding::ok)) {
      Slices slices = new Slices(settings);
      int found = slices.getAsInt();
      findings.add(
          Finding.good(
              slices
                  .trouble()
                  .map(
                      why ->
                          "The slices of the cluster cannot be counted ("
                              + why
                              + "), and "
                              + found
                              + " are assumed; sink.slices says how many there are")
                  .orElse("The cluster has " + found + " slices")));
    }
    return findings;
  }

  @Override
  public List<String> explain(Values values) {
    RedshiftSinkBuilder settings = RedshiftSinkProvider.explained(values);
    List<String> sentences = new ArrayList<>();
    sentences.add(
        "Loads the files that are announced into the table "
            + settings.table
            + " at "
            + settings.address()
            + ": those of all shards together, by one COPY.");
    sentences.add(settings.aboutLogin());
    long below = values.get(ManifestKeys.MERGE_BELOW);
    if (below > 0 && settings.format != FileFormat.PARQUET) {
      sentences.add(
          "Where there are more files than "
              + values
                  .find(ManifestKeys.SLICES)
                  .map(slices -> slices + " slices")
                  .orElse("the cluster has slices")
              + ", those below "
              + Key.sizeText(below)
              + " are merged before, into files of up to "
              + Key.sizeText(values.get(ManifestKeys.MERGE_UP_TO))
              + " below s3://"
              + values.get(FileKeys.BUCKET)
              + "/"
              + settings.prefix
              + "merged/.");
    }
    sentences.add(
        "The same transaction writes to the history "
            + settings.history
            + " which ranges of the source were in the files: none of them is loaded again, however"
            + " often it is announced.");
    sentences.addAll(RedshiftSinkProvider.aboutRows(settings));
    long maxErrors = values.get(RedshiftKeys.MAX_ERRORS);
    sentences.add(
        "A record that is no announcement becomes a dead letter"
            + (maxErrors > 0
                ? "; so do the records of up to "
                    + maxErrors
                    + " rows of one load that COPY drops, under their own stream and shard."
                : "; a row that COPY drops stops the loads until somebody does something."));
    sentences.add(
        "Keeps all files; an announced file that is gone stops the loads until somebody does"
            + " something.");
    sentences.addAll(RedshiftSinkProvider.creations(settings));
    return sentences;
  }
}
