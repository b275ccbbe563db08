package io.millrace.connectors.sqs;

import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.connectors.deadletter.LetterId;
import io.millrace.connectors.deadletter.LetterSender;
import io.millrace.connectors.deadletter.Notes;
import io.millrace.kcl.deadletter.DeadLetter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

// SQS cannot be looked at without receiving: what was received is hidden from everybody until a
// timeout has passed. So everything is received once, nothing is deleted, and at the end what
// was hidden is shown again.
/**
 * Dead letters of a queue. Nothing is deleted: messages that were read are visible again when
 * reading ends, and at the latest when their visibility timeout has passed.
 */
final class SqsDeadLetterSource implements DeadLetterSource {

  private static final Logger log = LoggerFactory.getLogger(SqsDeadLetterSource.class);

  private static final int BATCH = 10;
  private static final int HIDDEN_SECONDS = 600;

  /** A standard queue may answer with nothing though there is something; then ask once more. */
  private static final int EMPTY_ANSWERS = 2;

  private final SqsAsyncClient client;
  private final SqsQueue queue;
  private final int waitSeconds;
  private long duplicates;
  private long hidden;

  /**
   * @param client closed with this source
   * @param waitSeconds how long to wait for a message when there seems to be none
   */
  SqsDeadLetterSource(SqsAsyncClient client, SqsQueue queue, int waitSeconds) {
    this.client = client;
    this.queue = queue;
    this.waitSeconds = waitSeconds;
  }

  @Override
  public long read(Reader reader) throws Exception {
    duplicates = 0;
    String url = await("find", queue.url(client));
    hidden = hidden(url);
    Set<LetterId> known = new HashSet<>();
    Map<String, String> receipts = new LinkedHashMap<>();
    long passedOver = 0;
    try {
      for (int empty = 0; empty < EMPTY_ANSWERS; ) {
        boolean any = false;
        for (Message message : unknown(receive(url), receipts)) {
          any = true;
          Optional<DeadLetter> letter = SqsBody.read(message.body());
          if (letter.isEmpty()) {
            passedOver++;
          } else if (!known.add(LetterId.of(letter.get()))) {
            duplicates++;
          } else if (!reader.letter(letter.get())) {
            return passedOver;
          }
        }
        empty = any ? 0 : empty + 1;
      }
      return passedOver;
    } finally {
      show(url, new ArrayList<>(receipts.values()));
    }
  }

  /**
   * Those that were not received before; the others' time was up while they were read. Every
   * receipt is kept before any letter is given away, since the reader may have enough.
   */
  private static List<Message> unknown(List<Message> messages, Map<String, String> receipts) {
    List<Message> unknown = new ArrayList<>();
    for (Message message : messages) {
      if (receipts.put(message.messageId(), message.receiptHandle()) == null) {
        unknown.add(message);
      }
    }
    return unknown;
  }

  private List<Message> receive(String url) throws IOException {
    return await(
            "read",
            client.receiveMessage(
                r ->
                    r.queueUrl(url)
                        .maxNumberOfMessages(BATCH)
                        .visibilityTimeout(HIDDEN_SECONDS)
                        .waitTimeSeconds(waitSeconds)))
        .messages();
  }

  private long hidden(String url) throws IOException {
    QueueAttributeName inFlight = QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE;
    String said =
        await("look at", client.getQueueAttributes(r -> r.queueUrl(url).attributeNames(inFlight)))
            .attributes()
            .get(inFlight);
    return said == null ? 0 : Long.parseLong(said);
  }

  private void show(String url, List<String> receipts) {
    for (int from = 0; from < receipts.size(); from += BATCH) {
      List<ChangeMessageVisibilityBatchRequestEntry> entries = new ArrayList<>();
      for (String receipt : receipts.subList(from, Math.min(receipts.size(), from + BATCH))) {
        entries.add(
            ChangeMessageVisibilityBatchRequestEntry.builder()
                .id(Integer.toString(entries.size()))
                .receiptHandle(receipt)
                .visibilityTimeout(0)
                .build());
      }
      try {
        await(
            "show again what was read",
            client.changeMessageVisibilityBatch(r -> r.queueUrl(url).entries(entries)));
      } catch (IOException e) {
        log.warn(
            "Messages that were read stay hidden for up to {} s, and are not lost: {}",
            HIDDEN_SECONDS,
            e.getMessage());
        return;
      }
    }
  }

  private <T> T await(String what, CompletableFuture<T> answer) throws IOException {
    try {
      return answer.join();
    } catch (CompletionException e) {
      Throwable cause = LetterSender.cause(e);
      throw new IOException(
          "Could not "
              + what
              + " the queue "
              + queue
              + ": "
              + SqsErrors.explain(
                  cause,
                  queue.toString(),
                  "sqs:GetQueueUrl, sqs:GetQueueAttributes, sqs:ReceiveMessage and"
                      + " sqs:ChangeMessageVisibility"),
          cause);
    }
  }

  @Override
  public List<String> notes() {
    List<String> notes = new ArrayList<>(Notes.duplicates(duplicates));
    if (hidden > 0) {
      notes.add(
          "about "
              + hidden
              + (hidden == 1 ? " message was" : " messages were")
              + " in flight when reading began: somebody else has received them, and they cannot be"
              + " seen until they are visible again");
    }
    return notes;
  }

  @Override
  public void close() {
    client.close();
  }
}
