package io.millrace.connectors.sqs;

import io.millrace.connectors.config.DeadLetterProvider;
import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.deadletter.Endpoints;
import io.millrace.connectors.deadletter.LetterSender;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** Dead letters in a queue of SQS: {@code deadLetter.type: sqs}. */
public final class SqsDeadLetterProvider implements DeadLetterProvider {

  private static final int SECONDS = 30;
  private static final int WAIT_SECONDS = 1;

  private static final Key<SqsQueue> QUEUE =
      Key.parsed("queue", SqsQueue.ALLOWED, SqsQueue::of)
          .required()
          .describedAs("The queue that takes the letters, by URL or name; it is not created.");
  private static final Key<String> REGION =
      Key.text("region")
          .describedAs(
              "The queue's region, if its URL does not say it and it is not the source's.");
  private static final Key<URI> ENDPOINT = Endpoints.key("SQS");

  private static final Section SECTION =
      new Section(
          "sqs",
          "A queue that exists, a message of JSON for each letter, gzipped and in base64 if it would"
              + " be too large; SQS deletes messages after the queue's retention.",
          List.of(QUEUE, REGION, ENDPOINT));

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public DeadLetterDestination open(Values values, Surroundings surroundings) {
    return SqsDeadLetters.builder(values.get(QUEUE).toString())
        .credentials(surroundings.credentials())
        .region(region(values, surroundings))
        .endpoint(endpoint(values, surroundings))
        .build();
  }

  @Override
  public DeadLetterSource source(Values values, Surroundings surroundings) {
    return new SqsDeadLetterSource(client(values, surroundings), values.get(QUEUE), WAIT_SECONDS);
  }

  @Override
  public List<Finding> check(Values values, Surroundings surroundings) {
    SqsQueue queue = values.get(QUEUE);
    String what = "dead letters: queue " + queue;
    try (SqsAsyncClient client = client(values, surroundings)) {
      Map<QueueAttributeName, String> attributes =
          queue
              .url(client)
              .thenCompose(
                  url ->
                      client.getQueueAttributes(
                          r -> r.queueUrl(url).attributeNames(QueueAttributeName.ALL)))
              .orTimeout(SECONDS, TimeUnit.SECONDS)
              .join()
              .attributes();
      return List.of(finding(what, attributes));
    } catch (RuntimeException e) {
      return List.of(
          Finding.bad(
              what
                  + " in "
                  + region(values, surroundings)
                  + ": "
                  + SqsErrors.explain(
                      LetterSender.cause(e),
                      queue.toString(),
                      "sqs:GetQueueUrl, sqs:GetQueueAttributes and sqs:SendMessage")));
    }
  }

  private static Finding finding(String what, Map<QueueAttributeName, String> attributes) {
    if (attributes.containsKey(QueueAttributeName.REDRIVE_POLICY)) {
      return Finding.bad(
          what
              + " has a redrive policy, so that SQS moves letters away that were looked at a few"
              + " times; remove that policy, or name a queue without one");
    }
    return Finding.good(
        what
            + " is there, takes messages of "
            + size(attributes)
            + " and keeps them for "
            + attributes.getOrDefault(
                QueueAttributeName.MESSAGE_RETENTION_PERIOD, "an unknown number of")
            + " s; sqs:SendMessage was not tried");
  }

  private static String size(Map<QueueAttributeName, String> attributes) {
    return Optional.ofNullable(attributes.get(QueueAttributeName.MAXIMUM_MESSAGE_SIZE))
            .orElse(Long.toString(SqsDeadLetters.MAX_BYTES))
        + " bytes at most";
  }

  @Override
  public String explain(Values values) {
    return "A record that cannot be transformed or stored becomes a message in the queue "
        + values.get(QUEUE)
        + ", with its payload, shard, sequence number and error as JSON; processing goes on behind"
        + " it. A letter that is too large for the queue holds its shard up.";
  }

  private static String region(Values values, Surroundings surroundings) {
    String ofUrl = values.get(QUEUE).region();
    return values.find(REGION).orElse(ofUrl != null ? ofUrl : surroundings.region());
  }

  private static URI endpoint(Values values, Surroundings surroundings) {
    return values.find(ENDPOINT).or(() -> surroundings.endpoint("sqs")).orElse(null);
  }

  private static SqsAsyncClient client(Values values, Surroundings surroundings) {
    return SqsClients.open(
        region(values, surroundings), endpoint(values, surroundings), surroundings.credentials());
  }
}
