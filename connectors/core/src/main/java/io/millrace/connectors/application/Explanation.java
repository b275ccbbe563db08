package io.millrace.connectors.application;

import io.millrace.connectors.config.Chosen;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.connectors.config.PipelineKeys.Buffer;
import io.millrace.connectors.config.PipelineKeys.Checkpointing;
import io.millrace.connectors.config.PipelineKeys.Metrics;
import io.millrace.connectors.config.PipelineKeys.Retry;
import io.millrace.connectors.config.PipelineKeys.Source;
import io.millrace.connectors.config.StartAt;
import io.millrace.connectors.config.StepProvider;
import io.millrace.connectors.config.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a file will do, in words. */
final class Explanation {

  private Explanation() {}

  static List<String> of(PipelineConfig config) {
    List<String> sentences = new ArrayList<>();
    source(config.source(), sentences);
    steps(config, sentences);
    buffer(config, sentences);
    sentences.addAll(config.sink().provider().explain(config.sink().values()));
    retry(config, sentences);
    config
        .metrics()
        .find(Metrics.LOG)
        .ifPresent(every -> sentences.add("Logs all meters every " + Key.timeText(every) + "."));
    return sentences;
  }

  private static void source(Values source, List<String> sentences) {
    String table = source.find(Source.LEASE_TABLE).orElseGet(() -> source.get(Source.APPLICATION));
    sentences.add(
        "Reads the stream "
            + source.get(Source.STREAM)
            + " as the application "
            + source.get(Source.APPLICATION)
            + source.find(Source.REGION).map(region -> " in " + region).orElse("")
            + ", together with every other process of this application.");
    StartAt startAt = source.get(Source.START_AT);
    String begin =
        startAt instanceof StartAt.Time at
            ? "the first record that arrived at or after " + at
            : startAt instanceof StartAt.Latest
                ? "what arrives from its first start on"
                : "the oldest record that the stream still has";
    sentences.add(
        "An application that has no checkpoints yet begins with "
            + begin
            + "; any other goes on where it stopped, whatever the file says here.");
    sentences.add(
        "Keeps leases and checkpoints in the DynamoDB table "
            + table
            + (source.get(Source.CREATE_LEASE_TABLE)
                ? ", which it creates if it is missing."
                : ", which has to be there."));
  }

  private static void steps(PipelineConfig config, List<String> sentences) {
    List<Chosen<StepProvider>> steps = new ArrayList<>(config.transform());
    steps.addAll(config.filter());
    if (steps.isEmpty()) {
      sentences.add("Changes nothing about the records, and drops none.");
    }
    for (int i = 0; i < steps.size(); i++) {
      sentences.add(
          "Step " + (i + 1) + ": " + steps.get(i).provider().explain(steps.get(i).values()));
    }
  }

  private static void buffer(PipelineConfig config, List<String> sentences) {
    Values buffer = config.buffer();
    sentences.add(
        "Stores what was collected of a shard at "
            + buffer.get(Buffer.RECORDS)
            + " messages, at "
            + Key.sizeText(buffer.get(Buffer.BYTES))
            + ", or "
            + Key.timeText(buffer.get(Buffer.AGE))
            + " after the first of them, whichever comes first.");
    sentences.add(
        "All shards of this process together buffer at most "
            + Key.sizeText(Setting.workerBytes(config))
            + "; then shards wait.");
    sentences.add(
        "Moves a shard's checkpoint when its records are stored, and over records that were filtered"
            + " out within "
            + Key.timeText(config.checkpoint().get(Checkpointing.INTERVAL))
            + ".");
  }

  private static void retry(PipelineConfig config, List<String> sentences) {
    Optional<Long> attempts = config.retry().find(Retry.ATTEMPTS);
    String age =
        config
            .retry()
            .find(Retry.AGE)
            .map(a -> "until it is " + Key.timeText(a) + " old")
            .orElse("");
    String limit =
        attempts.map(n -> n + " times in all").orElse("")
            + (attempts.isPresent() && !age.isEmpty() ? ", or " : "")
            + age;
    sentences.add(
        "A record that the sink asks to try again is tried "
            + (limit.isEmpty() ? "for ever" : limit)
            + ", with a pause of "
            + Key.timeText(config.retry().get(Retry.BACKOFF))
            + " at first; while the sink as a whole is in trouble the shards wait, and nothing is"
            + " given up.");
    sentences.add(
        config
            .deadLetter()
            .map(chosen -> chosen.provider().explain(chosen.values()))
            .orElse(
                "There is no deadLetter: a shard waits before a record that cannot be transformed or"
                    + " stored, until somebody does something about it."));
  }
}
