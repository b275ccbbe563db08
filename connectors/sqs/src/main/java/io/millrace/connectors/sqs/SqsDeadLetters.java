package io.millrace.connectors.sqs;

import io.millrace.connectors.deadletter.LetterSender;
import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import io.millrace.kcl.deadletter.DeadLetterException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResponse;

/**
 * Dead letters in a queue of SQS: a message for each, one line of JSON as {@link
 * io.millrace.kcl.deadletter.FileDeadLetters} writes it, or, where that would be too large for the
 * queue, base64 of the same line gzipped.
 *
 * <pre>{@code
 * try (SqsDeadLetters letters =
 *     SqsDeadLetters.builder("clicks-dead").region("eu-west-1").credentials(provider).build()) {
 *   letters.store(letter).toCompletableFuture().get();
 * }
 * }</pre>
 *
 * <p>A stage completes when SQS has taken the message. A standard queue may hold a letter more than
 * once; a FIFO queue takes it once within five minutes, as stream, shard and position are its
 * deduplication id, and its message group too: so nothing holds other letters up while it is being
 * received. SQS forgets messages after the queue's retention, four days if nobody changed it.
 */
public final class SqsDeadLetters implements DeadLetterDestination, AutoCloseable {

  /** What SQS takes in a message, and in a batch. */
  static final long MAX_BYTES = 1 << 20;

  private static final int BATCH = 10;
  private static final int CALLS = 8;

  private final SqsQueue queue;
  private final SqsAsyncClient client;
  private final boolean ownClient;
  private final LetterSender<Encoded> sender;

  private record Encoded(String body, int bytes, String id) {}

  private SqsDeadLetters(Builder builder) {
    this.queue = builder.queue;
    this.ownClient = builder.client == null;
    this.client =
        ownClient
            ? SqsClients.open(
                builder.region == null ? queue.region() : builder.region,
                builder.endpoint,
                Objects.requireNonNull(builder.credentials, "credentials or client"))
            : builder.client;
    this.sender =
        new LetterSender<>(
            toString(),
            "millrace-sqs-dead-letters",
            new Service(),
            new LetterSender.Limits(BATCH, MAX_BYTES, CALLS));
  }

  /**
   * Letters in this queue, which exists.
   *
   * @param queue its URL or its name
   * @throws IllegalArgumentException if it is neither
   */
  public static Builder builder(String queue) {
    return new Builder(queue);
  }

  /** Where the letters are. */
  @Override
  public String toString() {
    return "queue " + queue;
  }

  /**
   * {@inheritDoc}
   *
   * @return fails with a {@link DeadLetterException} whose message says what to do
   */
  @Override
  public CompletionStage<Void> store(DeadLetter letter) {
    return sender.store(letter);
  }

  /** Sends what waits, for half a minute at most. */
  @Override
  public void close() {
    sender.close();
    if (ownClient) {
      client.close();
    }
  }

  private final class Service implements LetterSender.Service<Encoded> {
    private volatile String url;
    private volatile long maxBytes;

    @Override
    public CompletionStage<Void> ready() {
      if (url != null) {
        return CompletableFuture.completedFuture(null);
      }
      return queue
          .url(client)
          .thenCompose(
              found ->
                  maxBytes(found)
                      .thenAccept(
                          bytes -> {
                            maxBytes = bytes;
                            url = found;
                          }));
    }

    /** What the queue says; where asking is not allowed, what SQS takes at most. */
    private CompletableFuture<Long> maxBytes(String url) {
      return client
          .getQueueAttributes(
              r -> r.queueUrl(url).attributeNames(QueueAttributeName.MAXIMUM_MESSAGE_SIZE))
          .handle(
              (answer, failure) -> {
                if (failure != null && !SqsErrors.isDenied(LetterSender.cause(failure))) {
                  throw new CompletionException(LetterSender.cause(failure));
                }
                String said =
                    failure != null
                        ? null
                        : answer.attributes().get(QueueAttributeName.MAXIMUM_MESSAGE_SIZE);
                return said == null ? MAX_BYTES : Math.min(MAX_BYTES, Long.parseLong(said));
              });
    }

    @Override
    public Encoded encode(DeadLetter letter) {
      String body = SqsBody.write(letter, maxBytes);
      int bytes = SqsBody.bytes(body);
      if (bytes > maxBytes) {
        throw new DeadLetterException(
            "Could not store "
                + letter
                + " in "
                + SqsDeadLetters.this
                + ": it has "
                + bytes
                + " bytes there, gzipped, and the queue takes messages of "
                + maxBytes
                + " at most. Its shard waits, and nothing is lost: "
                + (maxBytes < MAX_BYTES
                    ? "raise the queue's MaximumMessageSize (up to 1 MiB), or "
                    : "")
                + "keep dead letters in S3 or in files, and start again",
            null);
      }
      return new Encoded(body, bytes, id(letter));
    }

    @Override
    public long bytes(Encoded encoded) {
      return encoded.bytes();
    }

    @Override
    public CompletionStage<List<Optional<String>>> send(List<Encoded> batch) {
      List<SendMessageBatchRequestEntry> entries = new ArrayList<>();
      for (int i = 0; i < batch.size(); i++) {
        Encoded one = batch.get(i);
        SendMessageBatchRequestEntry.Builder entry =
            SendMessageBatchRequestEntry.builder().id(Integer.toString(i)).messageBody(one.body());
        if (queue.isFifo()) {
          entry.messageDeduplicationId(one.id()).messageGroupId(one.id());
        }
        entries.add(entry.build());
      }
      String to = url;
      return client
          .sendMessageBatch(r -> r.queueUrl(to).entries(entries))
          .thenApply(answer -> outcomes(answer, batch.size()));
    }

    @Override
    public String explain(Throwable failure) {
      if (SqsErrors.code(failure).contains("NonExistentQueue")
          || SqsErrors.code(failure).contains("QueueDoesNotExist")) {
        url = null; // it may be made anew
      }
      return SqsErrors.explain(failure, queue.toString(), "sqs:GetQueueUrl and sqs:SendMessage");
    }
  }

  private static List<Optional<String>> outcomes(SendMessageBatchResponse answer, int size) {
    List<Optional<String>> outcomes = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      outcomes.add(Optional.of("SQS did not say whether it has taken it; it is tried again"));
    }
    answer
        .successful()
        .forEach(entry -> outcomes.set(Integer.parseInt(entry.id()), Optional.empty()));
    for (BatchResultErrorEntry entry : answer.failed()) {
      outcomes.set(
          Integer.parseInt(entry.id()),
          Optional.of(
              "SQS says "
                  + entry.code()
                  + " ("
                  + entry.message()
                  + ")"
                  + (Boolean.TRUE.equals(entry.senderFault())
                      ? "; it is refused as it is: look at the message"
                      : "; it is tried again")));
    }
    return outcomes;
  }

  /** Stream, shard and position, in 64 characters. */
  private static String id(DeadLetter letter) {
    String identity =
        letter.stream()
            + "/"
            + letter.shardId()
            + "/"
            + letter.sequenceNumber()
            + "/"
            + letter.subSequenceNumber();
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(identity.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** See {@link SqsDeadLetters#builder}. */
  public static final class Builder {
    private final SqsQueue queue;
    private SqsAsyncClient client;
    private AwsCredentialsProvider credentials;
    private String region;
    private URI endpoint;

    private Builder(String queue) {
      try {
        this.queue = SqsQueue.of(queue);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "queue: '" + queue + "' is not allowed; allowed: " + SqsQueue.ALLOWED, e);
      }
    }

    /** A client to use in place of one made here; not closed. */
    public Builder client(SqsAsyncClient client) {
      this.client = client;
      return this;
    }

    /** Required without a client; not closed. */
    public Builder credentials(AwsCredentialsProvider credentials) {
      this.credentials = credentials;
      return this;
    }

    /** Null, the default: the region of the queue's URL, else what the SDK finds. */
    public Builder region(String region) {
      this.region = region;
      return this;
    }

    /** Null, the default, for the region's own. */
    public Builder endpoint(URI endpoint) {
      this.endpoint = endpoint;
      return this;
    }

    public SqsDeadLetters build() {
      return new SqsDeadLetters(this);
    }
  }
}
