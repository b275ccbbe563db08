package io.millrace.connectors.redshift;

import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.SinkProvider;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.s3.FileKeys;
import io.millrace.connectors.s3.S3Sink;
import io.millrace.connectors.sink.Sink;
import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.aws.AwsClients;
import java.util.ArrayList;
import java.util.List;

/** The first stage's part of a config file: files in S3, and announcements of them. */
final class FilesStage implements SinkProvider {

  /** Below the prefix of everything. */
  static final String FOLDER = "staged/";

  @Override
  public Section section() {
    return ManifestKeys.SINK;
  }

  static AnnouncementStream stream(Values values, Surroundings surroundings) {
    return new AnnouncementStream(
        values.get(ManifestKeys.ANNOUNCEMENTS),
        AwsClients.builder()
            .credentialsProvider(surroundings.credentials())
            .regionName(surroundings.region())
            .kinesisEndpoint(surroundings.endpoint("kinesis").orElse(null))
            .threadNamePrefix("millrace-announcements")
            .build());
  }

  static void createIfAsked(Values values, AnnouncementStream stream) {
    if (values.get(ManifestKeys.CREATE_ANNOUNCEMENTS)) {
      stream.createIfMissing(values.get(ManifestKeys.ANNOUNCEMENT_SHARDS).intValue());
    }
  }

  @Override
  public Sink<Message> open(Values values, Surroundings surroundings) {
    RedshiftSinkBuilder settings = RedshiftSinkProvider.builder(values, surroundings);
    AnnouncementStream stream = stream(values, surroundings);
    S3Sink files = null;
    try {
      createIfAsked(values, stream);
      files = settings.storage.layout(settings.layout()).prefix(settings.prefix + FOLDER).build();
      return new AnnouncingSink(
          files, settings.shape(), settings.table.toString(), stream::put, stream);
    } catch (RuntimeException e) {
      stream.close();
      if (files != null) {
        files.close();
      }
      throw e;
    }
  }

  @Override
  public List<Finding> check(Values values, Surroundings surroundings) {
    List<Finding> findings =
        new ArrayList<>(RedshiftSinkProvider.builder(values, surroundings).checkStorage());
    try (AnnouncementStream stream = stream(values, surroundings)) {
      findings.add(check(stream, values.get(ManifestKeys.CREATE_ANNOUNCEMENTS)));
    } catch (SinkException e) {
      findings.add(Finding.bad(e.getMessage()));
    }
    return findings;
  }

  private static Finding check(AnnouncementStream stream, boolean create) {
    String what = "the " + stream + " for announcements";
    if (stream.exists()) {
      return Finding.good(what + " is there");
    }
    return create
        ? Finding.good(
            what
                + " is not there yet; the first start creates it, which needs kinesis:CreateStream"
                + " (not tried here)")
        : Finding.bad(what + " is not there; create it, or say sink.createAnnouncements: true");
  }

  @Override
  public List<String> explain(Values values) {
    RedshiftSinkBuilder settings = RedshiftSinkProvider.explained(values);
    return List.of(
        "Stores each range of a shard as one "
            + settings.format
            + " file below s3://"
            + values.get(FileKeys.BUCKET)
            + "/"
            + settings.prefix
            + FOLDER
            + ", with the columns "
            + String.join(", ", settings.columnNames())
            + ".",
        "Announces each file in the stream "
            + values.get(ManifestKeys.ANNOUNCEMENTS)
            + (values.get(ManifestKeys.CREATE_ANNOUNCEMENTS)
                ? ", which it creates if it is missing,"
                : ", which has to be there,")
            + " before the range's checkpoint.",
        "A record that does not fit the format becomes a dead letter; the rest of its range is"
            + " stored.");
  }
}
