package io.millrace.connectors.s3;

import io.millrace.connectors.sink.SinkException;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;

/** What an error of S3 means for somebody who runs a pipeline. */
final class S3Errors {
  private static final Set<String> CREDENTIALS =
      Set.of("InvalidAccessKeyId", "SignatureDoesNotMatch", "AuthorizationHeaderMalformed");

  private static final Set<String> EXPIRED =
      Set.of("ExpiredToken", "TokenRefreshRequired", "RequestTimeTooSkewed", "RequestExpired");

  private S3Errors() {}

  static Throwable cause(Throwable error) {
    Throwable cause = error;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** The HTTP status, 0 if there was no answer. */
  static int status(Throwable error) {
    return cause(error) instanceof AwsServiceException service ? service.statusCode() : 0;
  }

  static String code(Throwable error) {
    return cause(error) instanceof AwsServiceException service
            && service.awsErrorDetails() != null
            && service.awsErrorDetails().errorCode() != null
        ? service.awsErrorDetails().errorCode()
        : "";
  }

  /**
   * The exception for a pipeline.
   *
   * @param doing what was being done, on what: {@code "put s3://bucket/key"}
   */
  static SinkException translate(Throwable error, String doing, String bucket) {
    Throwable cause = cause(error);
    if (cause instanceof SinkException already) {
      return already;
    }
    if (cause instanceof AwsServiceException service) {
      return translate(service, doing, bucket);
    }
    if (cause instanceof IOException) {
      return SinkException.needsSomebody(
          "Could not "
              + doing
              + ": the object could not be written to the spill directory ("
              + cause
              + "); look for room and permissions there, or name another one with spillDirectory",
          cause);
    }
    if (cause instanceof SdkClientException) {
      return SinkException.passing(
          "Could not " + doing + ": no answer from S3 (" + cause.getMessage() + ")", cause);
    }
    return SinkException.passing("Could not " + doing + ": " + cause, cause);
  }

  private static SinkException translate(AwsServiceException service, String doing, String bucket) {
    int status = service.statusCode();
    String code = code(service);
    String said = "Could not " + doing + ": S3 says " + status + (code.isEmpty() ? "" : " " + code);
    String advice = advice(service, status, code, bucket);
    return advice == null
        ? SinkException.passing(said + detail(service), service)
        : SinkException.needsSomebody(said + detail(service) + "; " + advice, service);
  }

  private static String detail(AwsServiceException service) {
    return service.awsErrorDetails() == null || service.awsErrorDetails().errorMessage() == null
        ? ""
        : " (" + service.awsErrorDetails().errorMessage() + ")";
  }

  /** What to do; null if it passes by itself. */
  private static String advice(
      AwsServiceException service, int status, String code, String bucket) {
    if (status >= 500 || status == 429 || status == 409 || status == 408) {
      return null;
    }
    if (EXPIRED.contains(code) || code.equals("SlowDown") || code.equals("RequestTimeout")) {
      return null;
    }
    if (code.equals("NoSuchBucket")) {
      return "there is no bucket " + bucket + ": create it, or name another one with bucket";
    }
    if (status == 301 || status == 307 || code.equals("PermanentRedirect")) {
      return "bucket " + bucket + " is in " + region(service) + ": name that region with region";
    }
    String message = String.valueOf(service.getMessage());
    if (code.startsWith("KMS.") || message.contains("kms:")) {
      return "the KMS key refuses: look whether kmsKeyId is right and enabled, and whether its"
          + " policy allows kms:GenerateDataKey and kms:Decrypt to these credentials";
    }
    if (CREDENTIALS.contains(code)) {
      return "these credentials are not valid there: look at credentials, region and endpoint";
    }
    if (status == 403 || status == 401) {
      return "these credentials need s3:PutObject, s3:GetObject, s3:AbortMultipartUpload and"
          + " s3:ListBucket (with tags also s3:PutObjectTagging) on bucket "
          + bucket;
    }
    if (status == 404 || status == 412 || code.equals("NoSuchUpload")) {
      return null;
    }
    return "the request is refused as it is: look at storageClass, encryption, kmsKeyId and tags";
  }

  private static String region(AwsServiceException service) {
    String region =
        service.awsErrorDetails() == null || service.awsErrorDetails().sdkHttpResponse() == null
            ? null
            : service
                .awsErrorDetails()
                .sdkHttpResponse()
                .firstMatchingHeader("x-amz-bucket-region")
                .orElse(null);
    return region == null ? "another region" : "region " + region;
  }
}
