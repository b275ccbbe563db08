package io.millrace.connectors.deadletter;

import io.millrace.kcl.aws.AwsClients;
import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import io.millrace.kcl.deadletter.DeadLetterException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/**
 * Dead letters in a Kinesis stream of their own: a record for each, with the partition key and
 * explicit hash key of the record that failed. Its data is one line of JSON as {@link
 * io.millrace.kcl.deadletter.FileDeadLetters} writes it, gzipped if it would be too large for the
 * stream otherwise.
 *
 * <pre>{@code
 * try (KinesisDeadLetters letters =
 *     KinesisDeadLetters.builder("clicks-dead").region("eu-west-1").credentials(provider).build()) {
 *   letters.store(letter).toCompletableFuture().get();
 * }
 * }</pre>
 *
 * <p>A stage completes when Kinesis has taken the record. A letter that is throttled fails, and the
 * caller tries again later. A stream forgets after its retention: look at the letters before.
 */
public final class KinesisDeadLetters implements DeadLetterDestination, AutoCloseable {

  private static final LetterSender.Limits LIMITS = new LetterSender.Limits(500, 9 << 20, 2);

  /** What streams take that nobody has changed. */
  private static final int DEFAULT_RECORD_KIB = 1_024;

  private final String stream;
  private final KinesisAsyncClient client;
  private final AwsClients own;
  private final LetterSender<PutRecordsRequestEntry> sender;

  private KinesisDeadLetters(Builder builder) {
    this.stream = builder.stream;
    this.own = builder.client == null ? clients(builder) : null;
    this.client = own == null ? builder.client : own.kinesis();
    this.sender =
        new LetterSender<>(toString(), "millrace-kinesis-dead-letters", new Service(), LIMITS);
  }

  private static AwsClients clients(Builder builder) {
    return AwsClients.builder()
        .credentialsProvider(Objects.requireNonNull(builder.credentials, "credentials or client"))
        .regionName(builder.region)
        .kinesisEndpoint(builder.endpoint)
        .threadNamePrefix("millrace-dead-letters")
        .build();
  }

  /** Letters in this stream, which exists. */
  public static Builder builder(String stream) {
    return new Builder(stream);
  }

  /** Where the letters are. */
  @Override
  public String toString() {
    return "stream " + stream;
  }

  /**
   * {@inheritDoc}
   *
   * @return fails with a {@link DeadLetterException} whose message says what to do; always for a
   *     record of this very stream, which would come back to be processed
   */
  @Override
  public CompletionStage<Void> store(DeadLetter letter) {
    if (letter.stream().equals(stream)) {
      return CompletableFuture.failedFuture(
          new DeadLetterException(
              "Could not store "
                  + letter
                  + " in "
                  + this
                  + ": that is the stream it comes from, and it would be read again; name another"
                  + " stream for dead letters",
              null));
    }
    return sender.store(letter);
  }

  /** Sends what waits, for half a minute at most. */
  @Override
  public void close() {
    sender.close();
    if (own != null) {
      own.close();
    }
  }

  private final class Service implements LetterSender.Service<PutRecordsRequestEntry> {
    private volatile long maxBytes;

    @Override
    public CompletionStage<Void> ready() {
      if (maxBytes > 0) {
        return CompletableFuture.completedFuture(null);
      }
      return client
          .describeStreamSummary(r -> r.streamName(stream))
          .thenAccept(
              answer -> {
                Integer kib = answer.streamDescriptionSummary().maxRecordSizeInKiB();
                maxBytes = (kib == null || kib <= 0 ? DEFAULT_RECORD_KIB : kib) * 1_024L;
              });
    }

    @Override
    public PutRecordsRequestEntry encode(DeadLetter letter) {
      int key = letter.partitionKey().getBytes(StandardCharsets.UTF_8).length;
      byte[] data = LetterFormat.json(letter);
      if (data.length + key > maxBytes) {
        data = LetterFormat.gzip(data);
      }
      if (data.length + key > maxBytes) {
        throw new DeadLetterException(
            "Could not store "
                + letter
                + " in "
                + KinesisDeadLetters.this
                + ": it has "
                + (data.length + key)
                + " bytes there, gzipped, and the stream takes records of "
                + maxBytes
                + " at most. Its shard waits, and nothing is lost: raise the stream's maximum"
                + " record size (UpdateMaxRecordSize, up to 10 MiB) and start again, or keep dead"
                + " letters in S3 or in files",
            null);
      }
      return PutRecordsRequestEntry.builder()
          .partitionKey(letter.partitionKey())
          .explicitHashKey(letter.explicitHashKey())
          .data(SdkBytes.fromByteArrayUnsafe(data))
          .build();
    }

    @Override
    public long bytes(PutRecordsRequestEntry encoded) {
      // a key has 256 characters at most
      return encoded.data().asByteArrayUnsafe().length + 4 * encoded.partitionKey().length();
    }

    @Override
    public CompletionStage<List<Optional<String>>> send(List<PutRecordsRequestEntry> batch) {
      return client
          .putRecords(r -> r.streamName(stream).records(batch))
          .thenApply(
              answer -> answer.records().stream().map(KinesisDeadLetters.this::outcome).toList());
    }

    @Override
    public String explain(Throwable failure) {
      return KinesisErrors.explain(
          failure, stream, "kinesis:DescribeStreamSummary, kinesis:PutRecords");
    }
  }

  private Optional<String> outcome(PutRecordsResultEntry entry) {
    if (entry.errorCode() == null) {
      return Optional.empty();
    }
    return Optional.of(
        "Kinesis says "
            + entry.errorCode()
            + " ("
            + entry.errorMessage()
            + "); it is stored when it is tried again"
            + (entry.errorCode().equals("ProvisionedThroughputExceededException")
                ? ": if that lasts, give " + stream + " more shards"
                : ""));
  }

  /** See {@link KinesisDeadLetters#builder}. */
  public static final class Builder {
    private final String stream;
    private KinesisAsyncClient client;
    private AwsCredentialsProvider credentials;
    private String region;
    private URI endpoint;

    private Builder(String stream) {
      if (stream == null || !stream.matches("[a-zA-Z0-9_.-]{1,128}")) {
        throw new IllegalArgumentException(
            "stream: '"
                + stream
                + "' is not allowed; allowed: a stream's name of a-z A-Z 0-9 _ . -");
      }
      this.stream = stream;
    }

    /** A client to use in place of one made here; not closed. */
    public Builder client(KinesisAsyncClient client) {
      this.client = client;
      return this;
    }

    /** Required without a client; not closed. */
    public Builder credentials(AwsCredentialsProvider credentials) {
      this.credentials = credentials;
      return this;
    }

    /** Null, the default: what the SDK finds. */
    public Builder region(String region) {
      this.region = region;
      return this;
    }

    /** Null, the default, for the region's own. */
    public Builder endpoint(URI endpoint) {
      this.endpoint = endpoint;
      return this;
    }

    public KinesisDeadLetters build() {
      return new KinesisDeadLetters(this);
    }
  }
}
