package io.millrace.connectors.s3;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;
import software.amazon.awssdk.services.s3.model.Tag;
import software.amazon.awssdk.services.s3.model.Tagging;

/**
 * What every object of a sink is stored with.
 *
 * @param encryption by the service
 * @param kmsKeyId null for the account's default key
 * @param storageClass null for the bucket's default
 * @param tags in their order
 */
record ObjectOptions(
    Encryption encryption, String kmsKeyId, String storageClass, Map<String, String> tags) {

  static final ObjectOptions NONE =
      new ObjectOptions(Encryption.BUCKET_DEFAULT, null, null, Map.of());

  /** Who encrypts, with which key. */
  public enum Encryption {
    /** What the bucket is set to. */
    BUCKET_DEFAULT,
    /** Keys of S3 (SSE-S3). */
    S3,
    /** A key of KMS (SSE-KMS). */
    KMS
  }

  ObjectOptions {
    tags = Collections.unmodifiableMap(new LinkedHashMap<>(tags));
  }

  private ServerSideEncryption sse() {
    return switch (encryption) {
      case BUCKET_DEFAULT -> null;
      case S3 -> ServerSideEncryption.AES256;
      case KMS -> ServerSideEncryption.AWS_KMS;
    };
  }

  private Tagging tagging() {
    return Tagging.builder()
        .tagSet(
            tags.entrySet().stream()
                .map(e -> Tag.builder().key(e.getKey()).value(e.getValue()).build())
                .toList())
        .build();
  }

  // Without tags the header must not be there at all: the SDK makes an empty one of a null, and a
  // request with that header may be taken for one that needs s3:PutObjectTagging.
  PutObjectRequest.Builder apply(PutObjectRequest.Builder request) {
    request.serverSideEncryption(sse()).ssekmsKeyId(kmsKeyId).storageClass(storageClass);
    return tags.isEmpty() ? request : request.tagging(tagging());
  }

  CreateMultipartUploadRequest.Builder apply(CreateMultipartUploadRequest.Builder request) {
    request.serverSideEncryption(sse()).ssekmsKeyId(kmsKeyId).storageClass(storageClass);
    return tags.isEmpty() ? request : request.tagging(tagging());
  }
}
