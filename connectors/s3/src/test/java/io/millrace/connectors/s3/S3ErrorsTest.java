package io.millrace.connectors.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connectors.sink.SinkException;
import java.io.IOException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

class S3ErrorsTest {

  private static SinkException translated(int status, String code, String message) {
    return S3Errors.translate(
        new CompletionException(
            S3Exception.builder()
                .statusCode(status)
                .message(message)
                .awsErrorDetails(
                    AwsErrorDetails.builder()
                        .errorCode(code)
                        .errorMessage(message)
                        .sdkHttpResponse(
                            SdkHttpResponse.builder()
                                .statusCode(status)
                                .putHeader("x-amz-bucket-region", "eu-west-1")
                                .build())
                        .build())
                .build()),
        "store the range",
        "logs");
  }

  @ParameterizedTest
  @CsvSource({
    "500, InternalError",
    "503, SlowDown",
    "429, TooManyRequests",
    "409, ConditionalRequestConflict",
    "400, ExpiredToken",
    "400, RequestTimeout",
    "403, RequestTimeTooSkewed",
    "404, NoSuchUpload"
  })
  void what_passes_by_itself(int status, String code) {
    assertThat(translated(status, code, "m").needsSomebody()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "404 ~ NoSuchBucket ~ m ~ there is no bucket logs: create it, or name another one with bucket",
        "301 ~ PermanentRedirect ~ m ~ bucket logs is in region eu-west-1: name that region with"
            + " region",
        "403 ~ AccessDenied ~ m ~ these credentials need s3:PutObject, s3:GetObject,"
            + " s3:AbortMultipartUpload and s3:ListBucket (with tags also s3:PutObjectTagging) on"
            + " bucket logs",
        "403 ~ AccessDenied ~ no kms:GenerateDataKey ~ the KMS key refuses: look whether kmsKeyId is"
            + " right and enabled, and whether its policy allows kms:GenerateDataKey and"
            + " kms:Decrypt to these credentials",
        "400 ~ KMS.NotFoundException ~ m ~ the KMS key refuses: look whether kmsKeyId is right and"
            + " enabled, and whether its policy allows kms:GenerateDataKey and kms:Decrypt to these"
            + " credentials",
        "403 ~ InvalidAccessKeyId ~ m ~ these credentials are not valid there: look at credentials,"
            + " region and endpoint",
        "400 ~ InvalidStorageClass ~ m ~ the request is refused as it is: look at storageClass,"
            + " encryption, kmsKeyId and tags"
      })
  void what_needs_somebody(int status, String code, String message, String advice) {
    SinkException error = translated(status, code, message);

    assertThat(error.needsSomebody()).isTrue();
    assertThat(error)
        .hasMessage(
            "Could not store the range: S3 says %d %s (%s); %s", status, code, message, advice);
  }

  @Test
  void no_answer_passes() {
    SinkException error =
        S3Errors.translate(SdkClientException.create("timed out"), "store the range", "logs");

    assertThat(error).hasMessage("Could not store the range: no answer from S3 (timed out)");
    assertThat(error.needsSomebody()).isFalse();
  }

  @Test
  void a_full_disk_needs_somebody() {
    SinkException error =
        S3Errors.translate(new IOException("No space left"), "store the range", "logs");

    assertThat(error.needsSomebody()).isTrue();
    assertThat(error)
        .hasMessage(
            "Could not store the range: the object could not be written to the spill directory"
                + " (java.io.IOException: No space left); look for room and permissions there, or"
                + " name another one with spillDirectory");
  }
}
