package io.millrace.kcl.aws;

import io.millrace.kcl.stream.StreamException;
import io.millrace.kcl.stream.StreamException.Kind;
import io.millrace.lease.LeaseKey;
import java.util.Set;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.exception.SdkServiceException;

/**
 * Sorts what Kinesis and the SDK throw by what to do about it. By error code, not by class: other
 * servers than Kinesis send codes for which the SDK has no class.
 */
final class StreamErrors {

  private static final Set<String> THROTTLED =
      Set.of(
          "ProvisionedThroughputExceededException",
          "LimitExceededException",
          "ThrottlingException",
          "Throttling",
          "RequestLimitExceeded",
          "TooManyRequestsException",
          "SlowDown",
          "KMSThrottlingException");

  private static final Set<String> INVALID =
      Set.of(
          "InvalidArgumentException",
          "ValidationException",
          "ValidationError",
          "InvalidParameterValue",
          "SerializationException",
          "UnknownOperationException",
          "InvalidAction",
          "MissingAction");

  private static final Set<String> ACCESS_DENIED =
      Set.of(
          "AccessDeniedException",
          "AccessDenied",
          "UnauthorizedOperation",
          "NotAuthorized",
          "OptInRequired",
          "KMSAccessDeniedException");

  private final String stream;

  /**
   * @param stream how messages name the stream
   */
  StreamErrors(String stream) {
    this.stream = stream;
  }

  StreamException translate(String operation, LeaseKey shard, Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof StreamException known) {
      return known;
    }
    Kind kind = kindOf(cause);
    String subject = shard == null ? stream : "shard " + shard + " of " + stream;
    return new StreamException(
        kind,
        operation
            + " on "
            + subject
            + " failed: "
            + messageOf(cause)
            + adviceOn(kind, operation, shard),
        cause);
  }

  private static Kind kindOf(Throwable cause) {
    if (!(cause instanceof SdkServiceException service)) {
      // no answer, or none that can be understood: timeouts, network, no credentials found
      return Kind.UNAVAILABLE;
    }
    String code = codeOf(service);
    if (THROTTLED.contains(code)
        || service.statusCode() == 429
        || service.isThrottlingException()) {
      return Kind.THROTTLED;
    }
    if (code.equals("ExpiredIteratorException")) {
      return Kind.EXPIRED_ITERATOR;
    }
    if (code.equals("ResourceNotFoundException")) {
      return Kind.NOT_FOUND;
    }
    if (ACCESS_DENIED.contains(code)) {
      return Kind.ACCESS_DENIED;
    }
    if (INVALID.contains(code)) {
      return Kind.INVALID;
    }
    // Known codes are done. An unknown or missing one with status 400 is the request's fault, but
    // credentials that expired or are not known (yet), a clock that is off, a stream that is being
    // updated and a key of KMS that is disabled get better without a change to the request.
    boolean passes =
        code.contains("Expired")
            || code.contains("Token")
            || code.contains("Signature")
            || code.contains("UnrecognizedClient")
            || code.contains("ResourceInUse")
            || code.startsWith("KMS")
            || code.startsWith("Internal")
            || code.startsWith("ServiceUnavailable");
    return service.statusCode() == 400 && !passes ? Kind.INVALID : Kind.UNAVAILABLE;
  }

  private static String codeOf(SdkServiceException service) {
    if (service instanceof AwsServiceException aws
        && aws.awsErrorDetails() != null
        && aws.awsErrorDetails().errorCode() != null) {
      return aws.awsErrorDetails().errorCode();
    }
    // built by hand, as tests and interceptors do: the class says what the code would
    String name = service.getClass().getSimpleName();
    return name.equals("KinesisException") || name.equals("AwsServiceException") ? "" : name;
  }

  private static String messageOf(Throwable cause) {
    if (cause instanceof SdkException && cause.getMessage() != null) {
      return cause.getMessage();
    }
    return cause.toString();
  }

  private static String adviceOn(Kind kind, String operation, LeaseKey shard) {
    return switch (kind) {
      case NOT_FOUND ->
          shard == null
              ? ". Check the stream's name, the region, and the account that the credentials belong"
                  + " to; Millrace does not create streams"
              : ". The stream was deleted, or the shard has expired";
      case ACCESS_DENIED -> ". The credentials need the permission kinesis:" + operation;
      case INVALID -> ". Repeating cannot help";
      case THROTTLED, UNAVAILABLE, EXPIRED_ITERATOR -> "";
    };
  }
}
