package io.millrace.connectors.redshift;

import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.aws.AwsClients;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/**
 * The Kinesis stream that files are announced in. All announcements of a table have one partition
 * key, so that one shard has them in the order in which they were put.
 */
final class AnnouncementStream implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AnnouncementStream.class);

  private final String name;
  private final KinesisAsyncClient kinesis;
  private final AutoCloseable owned;

  /**
   * @param clients closed with this
   */
  AnnouncementStream(String name, AwsClients clients) {
    this(name, clients.kinesis(), clients);
  }

  AnnouncementStream(String name, KinesisAsyncClient kinesis, AutoCloseable owned) {
    this.name = name;
    this.kinesis = kinesis;
    this.owned = owned;
  }

  /** Where announcements go, for messages. */
  @Override
  public String toString() {
    return "stream " + name;
  }

  /**
   * Announces a file.
   *
   * @return completes when the stream has it; fails with a {@link SinkException} if that is not
   *     known: the same announcement is put again then
   */
  CompletionStage<Void> put(Announcement announcement) {
    byte[] data = announcement.json();
    return kinesis
        .putRecord(
            r ->
                r.streamName(name)
                    .partitionKey(partitionKey(announcement.table()))
                    .data(SdkBytes.fromByteArrayUnsafe(data)))
        .handle(
            (answer, error) -> {
              if (error == null) {
                return null;
              }
              throw trouble(error, "announce " + announcement.uri());
            });
  }

  /** A key has 256 characters at most; two tables with one key only share a shard. */
  private static String partitionKey(String table) {
    return table.length() <= 256 ? table : table.substring(0, 256);
  }

  /**
   * Whether the stream is there. Blocks.
   *
   * @throws SinkException if that cannot be known
   */
  boolean exists() {
    try {
      kinesis.describeStreamSummary(r -> r.streamName(name)).join();
      return true;
    } catch (CompletionException e) {
      if (e.getCause() instanceof ResourceNotFoundException) {
        return false;
      }
      throw trouble(e, "look for it");
    }
  }

  /**
   * Creates the stream if it is missing, and waits until it can be used. Blocks.
   *
   * @throws SinkException if that is not possible
   */
  void createIfMissing(int shards) {
    if (exists()) {
      return;
    }
    try {
      kinesis.createStream(r -> r.streamName(name).shardCount(shards)).join();
      LOG.info("Created the stream {} for announcements, with {} shards", name, shards);
    } catch (CompletionException e) {
      // another process may be just as quick
      if (!(e.getCause() instanceof ResourceInUseException)) {
        throw trouble(e, "create it");
      }
    }
    try {
      kinesis.waiter().waitUntilStreamExists(r -> r.streamName(name)).join();
    } catch (CompletionException e) {
      throw trouble(e, "wait until it is created");
    }
  }

  private SinkException trouble(Throwable error, String doing) {
    Throwable cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    String said = "Could not " + doing + " in the " + this + ": ";
    if (!(cause instanceof AwsServiceException answer) || answer.awsErrorDetails() == null) {
      return SinkException.passing(said + "no answer from Kinesis (" + cause + ")", cause);
    }
    String code = String.valueOf(answer.awsErrorDetails().errorCode());
    String full =
        said + "Kinesis says " + code + " (" + answer.awsErrorDetails().errorMessage() + ")";
    return switch (code) {
      case "ResourceNotFoundException" ->
          SinkException.needsSomebody(
              full
                  + "; create the stream, name another one with announcements, or say"
                  + " createAnnouncements: true",
              cause);
      case "AccessDeniedException" ->
          SinkException.needsSomebody(
              full
                  + "; these credentials need kinesis:PutRecord on it, and with createAnnouncements"
                  + " kinesis:DescribeStreamSummary and kinesis:CreateStream",
              cause);
      case "UnrecognizedClientException", "InvalidSignatureException" ->
          SinkException.needsSomebody(full + "; look at the credentials", cause);
      case "LimitExceededException" ->
          SinkException.needsSomebody(
              full + "; the account has no room for another stream or shard: raise its limit",
              cause);
      default -> SinkException.passing(full, cause);
    };
  }

  @Override
  public void close() {
    try {
      owned.close();
    } catch (Exception e) {
      LOG.warn("Could not close the client of the {}", this, e);
    }
  }
}
