package io.millrace.connectors.s3;

import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.deadletter.DeadLetterJson;
import java.util.Optional;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Reads what {@link S3DeadLetters} stored: stream by stream, shard by shard, in their order. */
final class S3DeadLetterSource implements DeadLetterSource {
  private final S3AsyncClient client;
  private final String bucket;
  private final String prefix;

  S3DeadLetterSource(S3AsyncClient client, String bucket, String prefix) {
    this.client = client;
    this.bucket = bucket;
    this.prefix = prefix;
  }

  @Override
  public long read(Reader reader) throws Exception {
    long passedOver = 0;
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
      for (S3Object object : page.contents()) {
        if (!object.key().endsWith(S3DeadLetters.SUFFIX)) {
          passedOver++;
          continue;
        }
        Optional<DeadLetter> letter = letter(object.key());
        if (letter.isEmpty()) {
          passedOver++;
        } else if (!reader.letter(letter.get())) {
          return passedOver;
        }
      }
      token = Boolean.TRUE.equals(page.isTruncated()) ? page.nextContinuationToken() : null;
    } while (token != null);
    return passedOver;
  }

  private Optional<DeadLetter> letter(String key) {
    try {
      byte[] bytes =
          client
              .getObject(r -> r.bucket(bucket).key(key), AsyncResponseTransformer.toBytes())
              .join()
              .asByteArrayUnsafe();
      return DeadLetterJson.read(bytes);
    } catch (RuntimeException e) {
      if (S3Errors.status(e) == 404) {
        return Optional.empty(); // deleted since it was listed
      }
      throw S3Errors.translate(e, "get s3://" + bucket + "/" + key, bucket);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
