package io.millrace.connectors.s3;

import io.millrace.s3mock.S3Mock;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Object;

/** One S3Mock for all tests of the module; each test has a bucket of its own. */
final class LocalS3 {
  static final AwsCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));

  /** It ends with this JVM. */
  private static final S3Mock SERVER = S3Mock.start();

  static final S3AsyncClient CLIENT =
      S3Clients.open("us-east-1", SERVER.endpoint(), CREDENTIALS, 16, Duration.ofSeconds(20));

  private LocalS3() {}

  static URI endpoint() {
    return SERVER.endpoint();
  }

  static String newBucket() {
    String bucket = "test-" + UUID.randomUUID();
    CLIENT.createBucket(r -> r.bucket(bucket)).join();
    return bucket;
  }

  static S3SinkBuilder sink(String bucket) {
    return S3Sink.builder(bucket, "us-east-1", CREDENTIALS).endpoint(endpoint());
  }

  static List<String> keys(String bucket) {
    return CLIENT.listObjectsV2(r -> r.bucket(bucket)).join().contents().stream()
        .map(S3Object::key)
        .toList();
  }

  static byte[] get(String bucket, String key) {
    return CLIENT
        .getObject(r -> r.bucket(bucket).key(key), AsyncResponseTransformer.toBytes())
        .join()
        .asByteArray();
  }

  static HeadObjectResponse head(String bucket, String key) {
    return CLIENT.headObject(r -> r.bucket(bucket).key(key)).join();
  }

  static void put(String bucket, String key, byte[] bytes) {
    CLIENT.putObject(r -> r.bucket(bucket).key(key), AsyncRequestBody.fromBytes(bytes)).join();
  }

  static List<String> openUploads(String bucket) {
    return CLIENT.listMultipartUploads(r -> r.bucket(bucket)).join().uploads().stream()
        .map(u -> u.key())
        .toList();
  }
}
