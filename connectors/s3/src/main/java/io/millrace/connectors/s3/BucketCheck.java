package io.millrace.connectors.s3;

import io.millrace.connectors.config.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;

/**
 * Looks whether the sink could work. Writing is tried by beginning a multipart upload and aborting
 * it: that asks for the same permissions, those of the KMS key included, and leaves nothing.
 */
final class BucketCheck implements AutoCloseable {
  private final S3SinkBuilder settings;
  private final S3AsyncClient client;

  BucketCheck(S3SinkBuilder settings) {
    this.settings = settings;
    this.client =
        settings.client == null
            ? S3Clients.open(
                settings.region,
                settings.endpoint,
                settings.credentials,
                2,
                java.time.Duration.ofSeconds(10))
            : settings.client;
  }

  List<Finding> run() {
    List<Finding> findings = runWithoutSpilling();
    findings.add(spillDirectory());
    return findings;
  }

  List<Finding> runWithoutSpilling() {
    List<Finding> findings = new ArrayList<>();
    String bucket = settings.bucket;
    boolean there =
        look(
            findings,
            "reach bucket " + bucket,
            "Bucket " + bucket + " is there, in region " + settings.region + ".",
            () -> client.headBucket(r -> r.bucket(bucket)));
    if (!there) {
      return findings;
    }
    String head = settings.prefix.literalHead();
    look(
        findings,
        "list s3://" + bucket + "/" + head,
        "Objects below s3://" + bucket + "/" + head + " can be listed.",
        () -> client.listObjectsV2(r -> r.bucket(bucket).prefix(head).maxKeys(1)));
    String key = settings.bookkeepingPrefix() + "check";
    look(
        findings,
        "begin and abort an upload to s3://" + bucket + "/" + key,
        "Objects can be written there"
            + (settings.encryption == ObjectOptions.Encryption.KMS
                ? ", and the KMS key takes part"
                : "")
            + ": an upload was begun and aborted, which leaves nothing. Whether the bucket's policy"
            + " treats data keys differently shows with the first object only.",
        () -> upload(bucket, key));
    return findings;
  }

  private CompletableFuture<?> upload(String bucket, String key) {
    CreateMultipartUploadRequest request =
        settings
            .options()
            .apply(CreateMultipartUploadRequest.builder().bucket(bucket).key(key))
            .build();
    return client
        .createMultipartUpload(request)
        .thenCompose(
            created ->
                client.abortMultipartUpload(
                    r -> r.bucket(bucket).key(key).uploadId(created.uploadId())));
  }

  private Finding spillDirectory() {
    Path directory = settings.spillDirectory.toAbsolutePath();
    Path existing = directory;
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    try {
      if (existing != null && Files.isDirectory(existing) && Files.isWritable(existing)) {
        return Finding.good(
            "Large objects can wait in "
                + directory
                + ", which has "
                + io.millrace.connectors.config.Key.sizeText(
                    Files.getFileStore(existing).getUsableSpace() >> 20 << 20)
                + " free.");
      }
    } catch (IOException e) {
      // said below
    }
    return Finding.bad(
        "Large objects cannot wait in "
            + directory
            + ": it cannot be written to; name another one with spillDirectory.");
  }

  private boolean look(
      List<Finding> findings, String doing, String good, Supplier<CompletableFuture<?>> call) {
    try {
      call.get().join();
      findings.add(Finding.good(good));
      return true;
    } catch (RuntimeException e) {
      Throwable cause = S3Errors.cause(e);
      boolean missing = S3Errors.status(cause) == 404;
      findings.add(
          Finding.bad(
              missing
                  ? "There is no bucket "
                      + settings.bucket
                      + ": create it, or name another one with"
                      + " bucket."
                  : S3Errors.translate(cause, doing, settings.bucket).getMessage()));
      return false;
    }
  }

  @Override
  public void close() {
    if (settings.client == null) {
      client.close();
    }
  }
}
