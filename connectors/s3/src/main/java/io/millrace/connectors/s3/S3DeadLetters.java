package io.millrace.connectors.s3;

import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import io.millrace.kcl.deadletter.DeadLetterException;
import io.millrace.kcl.deadletter.DeadLetterJson;
import io.millrace.kcl.exec.DaemonThreads;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/**
 * Dead letters in S3: an object for each, of one line of JSON, as {@link
 * io.millrace.kcl.deadletter.FileDeadLetters} writes it. The name is stream, shard and position,
 * and an object that is there is left as it is: storing a letter twice does no harm.
 *
 * <p>Closing it closes the client that it made.
 */
public final class S3DeadLetters implements DeadLetterDestination, AutoCloseable {

  /** More letters than this are not kept waiting. */
  static final int MAX_WAITING = 10_000;

  private static final int CLOSE_SECONDS = 30;

  static final String SUFFIX = ".json";

  private final S3AsyncClient client;
  private final boolean ownClient;
  private final String bucket;
  private final String prefix;
  private final ThreadPoolExecutor executor;

  /** What close waits for; bounded by what waits, and by the client's pending requests. */
  private final Set<CompletableFuture<Void>> underWay = ConcurrentHashMap.newKeySet();

  /**
   * @param client for the bucket's region; closed with this destination only if it is its own
   * @param prefix of keys, with {@code /} at its end; not null, maybe empty
   */
  S3DeadLetters(S3AsyncClient client, boolean ownClient, String bucket, String prefix) {
    this.client = client;
    this.ownClient = ownClient;
    this.bucket = bucket;
    this.prefix = prefix;
    this.executor = DaemonThreads.pool("millrace-s3-dead-letters", 1, MAX_WAITING);
  }

  /**
   * With a client that somebody else closes.
   *
   * @param prefix of keys, with {@code /} at its end; not null, maybe empty
   */
  public static S3DeadLetters with(S3AsyncClient client, String bucket, String prefix) {
    return new S3DeadLetters(client, false, S3SinkBuilder.checkedBucket(bucket), prefix);
  }

  /** Where the letters are. */
  @Override
  public String toString() {
    return "s3://" + bucket + "/" + prefix;
  }

  /**
   * {@inheritDoc}
   *
   * @return fails with a {@link DeadLetterException} whose message says what to do
   */
  @Override
  public CompletionStage<Void> store(DeadLetter letter) {
    String key = key(letter);
    try {
      // making the line and finding credentials are nothing for the caller's thread; one task, as
      // a second one would be refused once the destination is being closed
      CompletableFuture<Void> stored =
          CompletableFuture.supplyAsync(() -> put(key, DeadLetterJson.write(letter)), executor)
              .thenCompose(put -> put)
              .handle(
                  (done, error) -> {
                    if (error == null || S3Errors.status(error) == 412) {
                      return null;
                    }
                    SinkException why =
                        S3Errors.translate(error, "put s3://" + bucket + "/" + key, bucket);
                    throw new DeadLetterException(
                        "Could not store " + letter + ": " + why.getMessage(), why);
                  });
      underWay.add(stored);
      stored.whenComplete((done, error) -> underWay.remove(stored));
      return stored;
    } catch (java.util.concurrent.RejectedExecutionException e) {
      return CompletableFuture.failedFuture(
          new DeadLetterException(
              "Could not store "
                  + letter
                  + " in "
                  + this
                  + ": it is closed, or "
                  + MAX_WAITING
                  + " letters wait; try again later",
              e));
    }
  }

  private CompletionStage<Void> put(String key, byte[] line) {
    return client
        .putObject(
            r -> r.bucket(bucket).key(key).contentType("application/json").ifNoneMatch("*"),
            AsyncRequestBody.fromBytesUnsafe(line))
        .thenApply(done -> null);
  }

  private String key(DeadLetter letter) {
    return prefix
        + letter.stream()
        + "/"
        + letter.shardId()
        + "/"
        + RangeName.position(letter.position())
        + SUFFIX;
  }

  @Override
  public void close() {
    executor.shutdown();
    boolean interrupted = false;
    try {
      executor.awaitTermination(10, TimeUnit.SECONDS);
      CompletableFuture.allOf(underWay.toArray(CompletableFuture[]::new))
          .get(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    } catch (ExecutionException | TimeoutException e) {
      // their stages say so
    }
    executor.shutdownNow();
    if (ownClient) {
      client.close();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
