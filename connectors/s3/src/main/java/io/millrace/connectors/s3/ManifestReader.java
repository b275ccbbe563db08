package io.millrace.connectors.s3;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Finds the objects that count: with dynamic partitions those that a manifest names, otherwise
 * every object that is its own commit record. An example of what any reader has to honour; it holds
 * one page of a list and one manifest in memory.
 *
 * <p>Blocks the caller's thread. Fails with a {@link io.millrace.connectors.sink.SinkException}
 * that says what to do.
 */
public final class ManifestReader {
  private final S3AsyncClient client;
  private final String bucket;

  /** The client is not closed here. */
  public ManifestReader(S3AsyncClient client, String bucket) {
    this.client = client;
    this.bucket = bucket;
  }

  /**
   * An object that counts.
   *
   * @param key its name
   * @param stream the stream's name
   * @param shardId the shard that its records come from
   * @param position of the range's first record, as text that sorts as positions do
   * @param bytes its size
   */
  public record DataObject(
      String key, String stream, String shardId, String position, long bytes) {}

  /**
   * Objects of a pipeline with dynamic partitions, in the order of each shard.
   *
   * @param manifestPrefix the pipeline's, {@code manifests/} included
   * @return manifests that were read
   */
  public long readManifests(String manifestPrefix, Consumer<DataObject> consumer) {
    long[] manifests = {0};
    list(
        manifestPrefix,
        object -> {
          Optional<Manifest> found = manifest(object.key());
          if (found.isPresent()) {
            manifests[0]++;
            CommitRecord commit = found.get().commit();
            for (Manifest.DataObject data : found.get().objects()) {
              consumer.accept(
                  new DataObject(
                      data.key(),
                      commit.stream(),
                      commit.shardId(),
                      RangeName.position(commit.first()),
                      data.bytes()));
            }
          }
        });
    return manifests[0];
  }

  /**
   * Objects of a pipeline without dynamic partitions: all of them but those below {@code
   * _millrace/}, which are about others. Objects that somebody else put there are passed over, as
   * their metadata shows.
   *
   * @param prefix what keys begin with
   * @return objects that were passed over
   */
  public long readObjects(String prefix, Consumer<DataObject> consumer) {
    long[] passedOver = {0};
    list(
        prefix,
        object -> {
          if (object.key().contains("_millrace/")) {
            return;
          }
          Optional<CommitRecord> commit = metadata(object.key());
          if (commit.isEmpty()) {
            passedOver[0]++;
            return;
          }
          consumer.accept(
              new DataObject(
                  object.key(),
                  commit.get().stream(),
                  commit.get().shardId(),
                  RangeName.position(commit.get().first()),
                  object.size()));
        });
    return passedOver[0];
  }

  /** An object's bytes, as they are stored. */
  public byte[] bytes(DataObject object) {
    return get(object.key())
        .orElseThrow(
            () ->
                io.millrace.connectors.sink.SinkException.needsSomebody(
                    "s3://"
                        + bucket
                        + "/"
                        + object.key()
                        + " is named in a manifest, and gone: nothing may be deleted before its"
                        + " manifest is",
                    null));
  }

  /** All keys of a listing, for tests and samples. */
  List<String> keys(String prefix) {
    List<String> keys = new ArrayList<>();
    list(prefix, object -> keys.add(object.key()));
    return keys;
  }

  private void list(String prefix, Consumer<S3Object> consumer) {
    String token = null;
    do {
      String from = token;
      ListObjectsV2Response page;
      try {
        page =
            client
                .listObjectsV2(r -> r.bucket(bucket).prefix(prefix).continuationToken(from))
                .join();
      } catch (RuntimeException e) {
        throw S3Errors.translate(e, "list s3://" + bucket + "/" + prefix, bucket);
      }
      page.contents().forEach(consumer);
      token = Boolean.TRUE.equals(page.isTruncated()) ? page.nextContinuationToken() : null;
    } while (token != null);
  }

  private Optional<Manifest> manifest(String key) {
    return get(key).flatMap(Manifest::parse);
  }

  private Optional<byte[]> get(String key) {
    try {
      ResponseBytes<GetObjectResponse> bytes =
          client
              .getObject(r -> r.bucket(bucket).key(key), AsyncResponseTransformer.toBytes())
              .join();
      return Optional.of(bytes.asByteArrayUnsafe());
    } catch (RuntimeException e) {
      if (S3Errors.status(e) == 404) {
        return Optional.empty();
      }
      throw S3Errors.translate(e, "get s3://" + bucket + "/" + key, bucket);
    }
  }

  private Optional<CommitRecord> metadata(String key) {
    try {
      return CommitRecord.fromMetadata(
              client.headObject(r -> r.bucket(bucket).key(key)).join().metadata())
          .map(CommitRecord.InMetadata::commit);
    } catch (RuntimeException e) {
      if (S3Errors.status(e) == 404) {
        return Optional.empty();
      }
      throw S3Errors.translate(e, "look at s3://" + bucket + "/" + key, bucket);
    }
  }
}
