package io.millrace.connectors.application;

import io.millrace.connectors.config.Chosen;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.connectors.config.StepProvider;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.message.Origin;
import io.millrace.connectors.message.Step;
import io.millrace.connectors.pipeline.RecordTransform;
import io.millrace.kcl.Record;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The steps of a file, one after another. */
final class StepChain implements RecordTransform<Message> {

  /** A record that becomes more messages than this is somebody's mistake or attack. */
  static final int MOST_MESSAGES = 10_000;

  private final String stream;
  private final List<Step> steps;

  StepChain(String stream, List<Step> steps) {
    this.stream = stream;
    this.steps = List.copyOf(steps);
  }

  /** Transforms, then filters. */
  static StepChain of(PipelineConfig config, String stream) {
    return new StepChain(
        stream,
        Stream.concat(config.transform().stream(), config.filter().stream())
            .map(StepChain::open)
            .toList());
  }

  private static Step open(Chosen<StepProvider> step) {
    return step.provider().open(step.values());
  }

  @Override
  public List<Message> apply(Record record) {
    throw new UnsupportedOperationException("a pipeline knows the shard");
  }

  @Override
  public List<Message> apply(Record record, String shardId) {
    Origin origin = new Origin(stream, shardId);
    List<Message> messages = List.of(Message.of(record));
    for (Step step : steps) {
      List<Message> next = new ArrayList<>(messages.size());
      for (Message message : messages) {
        next.addAll(step.apply(message, origin));
        if (next.size() > MOST_MESSAGES) {
          throw new MalformedMessageException(
              "the record becomes more than " + MOST_MESSAGES + " messages");
        }
      }
      messages = next;
    }
    return messages;
  }
}
