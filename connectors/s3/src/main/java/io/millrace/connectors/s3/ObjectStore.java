package io.millrace.connectors.s3;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/**
 * Puts objects, whole or in parts, if there is none of that name. Calls are made on the executor's
 * threads: finding credentials may block, and the client's own threads must not.
 */
final class ObjectStore {
  /** S3 takes no smaller part, but the last. */
  static final long LEAST_PART_BYTES = 5L << 20;

  static final int MOST_PARTS = 10_000;

  /** How often a put that met another one at the same moment (409) is repeated. */
  private static final int CONFLICT_ATTEMPTS = 5;

  private static final int PARTS_AT_A_TIME = 3;
  private static final String ANY = "*";

  /** Whether it was put, or was (most likely) there. */
  enum Put {
    DONE,
    EXISTS
  }

  /**
   * Where to, and what with it.
   *
   * @param ifAbsent whether the put is conditional
   */
  record Target(
      String bucket,
      String key,
      String contentType,
      Map<String, String> metadata,
      boolean ifAbsent) {}

  private final S3AsyncClient client;
  private final Executor executor;
  private final ObjectOptions options;
  private final long multipartThreshold;
  private final long partBytes;

  ObjectStore(
      S3AsyncClient client,
      Executor executor,
      ObjectOptions options,
      long multipartThreshold,
      long partBytes) {
    this.client = client;
    this.executor = executor;
    this.options = options;
    this.multipartThreshold = multipartThreshold;
    this.partBytes = partBytes;
  }

  /** Fails as the SDK does. The content is read until the stage completes, and not after. */
  CompletionStage<Put> put(Target target, SpillBuffer content) {
    return put(target, content, 1);
  }

  private CompletionStage<Put> put(Target target, SpillBuffer content, int attempt) {
    CompletionStage<Void> sent =
        content.size() > multipartThreshold ? inParts(target, content) : whole(target, content);
    return sent.handleAsync(
            (nothing, error) -> {
              if (error == null) {
                return CompletableFuture.completedFuture(Put.DONE);
              }
              int status = S3Errors.status(error);
              // an upload that is gone was completed by a call whose answer was lost, or aborted
              if (target.ifAbsent()
                  && (status == 412 || S3Errors.code(error).equals("NoSuchUpload"))) {
                return CompletableFuture.completedFuture(Put.EXISTS);
              }
              // somebody else is putting it just now: by the next time they have, or have not
              if (status == 409 && attempt < CONFLICT_ATTEMPTS) {
                return put(target, content, attempt + 1);
              }
              return CompletableFuture.<Put>failedFuture(S3Errors.cause(error));
            },
            executor)
        .thenCompose(stage -> stage);
  }

  private CompletionStage<Void> whole(Target target, SpillBuffer content) {
    PutObjectRequest request =
        options
            .apply(
                PutObjectRequest.builder()
                    .bucket(target.bucket())
                    .key(target.key())
                    .contentType(target.contentType())
                    .metadata(target.metadata())
                    .contentLength(content.size()))
            .ifNoneMatch(target.ifAbsent() ? ANY : null)
            .build();
    return client.putObject(request, content.body(0, content.size())).thenApply(done -> null);
  }

  private CompletionStage<Void> inParts(Target target, SpillBuffer content) {
    CreateMultipartUploadRequest request =
        options
            .apply(
                CreateMultipartUploadRequest.builder()
                    .bucket(target.bucket())
                    .key(target.key())
                    .contentType(target.contentType())
                    .metadata(target.metadata()))
            .build();
    return client
        .createMultipartUpload(request)
        .thenComposeAsync(
            created -> {
              String uploadId = created.uploadId();
              return parts(target, content, uploadId)
                  .thenComposeAsync(parts -> complete(target, uploadId, parts), executor)
                  .handleAsync(
                      (nothing, error) ->
                          error == null
                              ? CompletableFuture.<Void>completedFuture(null)
                              : abort(target, uploadId, error),
                      executor)
                  .thenCompose(stage -> stage);
            },
            executor);
  }

  private CompletionStage<Void> complete(
      Target target, String uploadId, List<CompletedPart> parts) {
    return client
        .completeMultipartUpload(
            r ->
                r.bucket(target.bucket())
                    .key(target.key())
                    .uploadId(uploadId)
                    .multipartUpload(upload -> upload.parts(parts))
                    .ifNoneMatch(target.ifAbsent() ? ANY : null))
        .thenApply(done -> null);
  }

  /** Parts that are not aborted are paid for; the error remains the first one. */
  private CompletionStage<Void> abort(Target target, String uploadId, Throwable error) {
    return client
        .abortMultipartUpload(r -> r.bucket(target.bucket()).key(target.key()).uploadId(uploadId))
        .handle(
            (aborted, abortError) -> {
              throw new java.util.concurrent.CompletionException(S3Errors.cause(error));
            });
  }

  private CompletionStage<List<CompletedPart>> parts(
      Target target, SpillBuffer content, String uploadId) {
    long size = Math.max(partBytes, (content.size() + MOST_PARTS - 1) / MOST_PARTS);
    int count = (int) ((content.size() + size - 1) / size);
    CompletedPart[] done = new CompletedPart[count];
    return Pump.run(
            count,
            PARTS_AT_A_TIME,
            executor,
            i -> {
              long from = i * size;
              long length = Math.min(size, content.size() - from);
              return client
                  .uploadPart(
                      r ->
                          r.bucket(target.bucket())
                              .key(target.key())
                              .uploadId(uploadId)
                              .partNumber(i + 1)
                              .contentLength(length),
                      content.body(from, length))
                  .thenAccept(
                      part ->
                          done[i] =
                              CompletedPart.builder()
                                  .partNumber(i + 1)
                                  .eTag(part.eTag())
                                  .checksumCRC32(part.checksumCRC32())
                                  .build());
            })
        .thenApply(nothing -> new ArrayList<>(List.of(done)));
  }

  /** Empty if there is none. */
  CompletionStage<Optional<HeadObjectResponse>> head(String bucket, String key) {
    return emptyIfMissing(client.headObject(r -> r.bucket(bucket).key(key)));
  }

  /** Empty if there is none. */
  CompletionStage<Optional<byte[]>> get(String bucket, String key) {
    CompletableFuture<ResponseBytes<GetObjectResponse>> got =
        client.getObject(r -> r.bucket(bucket).key(key), AsyncResponseTransformer.toBytes());
    return emptyIfMissing(got).thenApply(found -> found.map(ResponseBytes::asByteArrayUnsafe));
  }

  private <T> CompletionStage<Optional<T>> emptyIfMissing(CompletionStage<T> answer) {
    return answer.handleAsync(
        (found, error) -> {
          if (error == null) {
            return Optional.of(found);
          }
          if (S3Errors.status(error) == 404 && !S3Errors.code(error).equals("NoSuchBucket")) {
            return Optional.empty();
          }
          throw new java.util.concurrent.CompletionException(S3Errors.cause(error));
        },
        executor);
  }
}
