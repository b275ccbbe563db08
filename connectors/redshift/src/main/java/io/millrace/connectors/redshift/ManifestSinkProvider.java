package io.millrace.connectors.redshift;

import io.millrace.connectors.config.Chosen;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.connectors.config.PipelineKeys.Buffer;
import io.millrace.connectors.config.PipelineKeys.Source;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.SinkProvider;
import io.millrace.connectors.config.Stage;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.redshift.ManifestKeys.Run;
import io.millrace.connectors.sink.Sink;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code sink.type: redshift-manifest}: a file that describes two applications. The first one is
 * the file's own with a sink that stores and announces files, the second reads the announcements.
 */
public final class ManifestSinkProvider implements SinkProvider {

  /** Announcements are small, and what they take up in memory is counted with them. */
  private static final long LOAD_BUFFER_BYTES = 64L << 20;

  @Override
  public Section section() {
    return ManifestKeys.SINK;
  }

  @Override
  public List<Stage> stages(PipelineConfig file) {
    Values sink = file.sink().values();
    refuse(file, sink);
    List<Stage> stages = new ArrayList<>();
    if (sink.get(ManifestKeys.RUN) != Run.LOAD) {
      stages.add(
          new Stage(
              "First stage: files", file.withSink(new Chosen<>(new FilesStage(), sink)), false));
    }
    if (sink.get(ManifestKeys.RUN) != Run.FILES) {
      stages.add(
          new Stage(
              "Second stage: loads",
              load(file, sink),
              sink.get(ManifestKeys.CREATE_ANNOUNCEMENTS)));
    }
    return stages;
  }

  private static void refuse(PipelineConfig file, Values sink) {
    String announcements = sink.get(ManifestKeys.ANNOUNCEMENTS);
    String stream = file.source().get(Source.STREAM);
    if (announcements.equals(stream.substring(stream.indexOf('/') + 1))) {
      throw sink.refuse(
          ManifestKeys.ANNOUNCEMENTS,
          "it is the stream that is read, whose records and announcements would mix; name another");
    }
    String application = loadApplication(file, sink);
    String leases =
        file.source()
            .find(Source.LEASE_TABLE)
            .orElseGet(() -> file.source().get(Source.APPLICATION));
    if (application.equals(leases) || application.equals(file.source().get(Source.APPLICATION))) {
      throw sink.refuse(
          ManifestKeys.LOAD_APPLICATION,
          "'"
              + application
              + "' is the first stage's application or lease table; each stage needs its own");
    }
    if (application.length() > 255) {
      throw sink.refuse(
          ManifestKeys.LOAD_APPLICATION,
          "is missing, and source.application is too long to have -load behind it; say one");
    }
    long below = sink.get(ManifestKeys.MERGE_BELOW);
    if (sink.get(ManifestKeys.MERGE_UP_TO) < 2 * below) {
      throw sink.refuse(
          ManifestKeys.MERGE_UP_TO,
          "it has to be at least twice mergeBelow, which is " + Key.sizeText(below));
    }
  }

  private static String loadApplication(PipelineConfig file, Values sink) {
    return sink.find(ManifestKeys.LOAD_APPLICATION)
        .orElseGet(() -> file.source().get(Source.APPLICATION) + "-load");
  }

  /** The file as if it described the second stage alone. */
  private static PipelineConfig load(PipelineConfig file, Values sink) {
    Values source = file.source();
    String stream = source.get(Source.STREAM);
    if (stream.startsWith("arn:") && !source.isSet(Source.REGION)) {
      source = source.with(Source.REGION.name(), stream.split(":")[3]);
    }
    if (source.isSet(Source.WORKER_ID)) {
      // both stages may store dead letters, in files that are named by worker
      source = source.with(Source.WORKER_ID.name(), source.get(Source.WORKER_ID) + "-load");
    }
    source =
        source
            .without(List.of(Source.LEASE_TABLE.name()))
            .with(Source.STREAM.name(), sink.get(ManifestKeys.ANNOUNCEMENTS))
            .with(Source.APPLICATION.name(), loadApplication(file, sink))
            .with(Source.START_AT.name(), "trim-horizon");
    Values buffer =
        file.buffer()
            .with(Buffer.RECORDS.name(), Long.toString(sink.get(ManifestKeys.LOAD_FILES)))
            .with(Buffer.AGE.name(), sink.get(ManifestKeys.LOAD_AGE).toMillis() + " ms")
            .with(Buffer.BYTES.name(), Long.toString(LOAD_BUFFER_BYTES))
            .with(
                Buffer.WORKER_BYTES.name(),
                Long.toString(Math.max(LOAD_BUFFER_BYTES, file.buffer().get(Buffer.WORKER_BYTES))));
    Values letters = source;
    file.deadLetter()
        .flatMap(chosen -> chosen.provider().refusal(chosen.values(), letters))
        .ifPresent(
            refusal -> {
              throw refusal;
            });
    return file.with(source)
        .with(buffer)
        .withoutSteps()
        .withSink(new Chosen<>(new LoadStage(), sink));
  }

  @Override
  public Sink<Message> open(Values values, Surroundings surroundings) {
    throw new UnsupportedOperationException("its stages have sinks");
  }

  @Override
  public List<Finding> check(Values values, Surroundings surroundings) {
    throw new UnsupportedOperationException("its stages are checked");
  }

  @Override
  public List<String> explain(Values values) {
    throw new UnsupportedOperationException("its stages are explained");
  }
}
