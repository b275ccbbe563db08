package io.millrace.connectors.sqs;

import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;

/** What an error of SQS means for somebody who keeps dead letters in a queue. */
final class SqsErrors {

  private SqsErrors() {}

  static String code(Throwable failure) {
    return failure instanceof AwsServiceException answer
            && answer.awsErrorDetails() != null
            && answer.awsErrorDetails().errorCode() != null
        ? answer.awsErrorDetails().errorCode()
        : "";
  }

  static boolean isDenied(Throwable failure) {
    return code(failure).contains("AccessDenied");
  }

  /**
   * @param permissions what these credentials need
   */
  static String explain(Throwable failure, String queue, String permissions) {
    if (!(failure instanceof AwsServiceException answer)) {
      return "no answer from SQS ("
          + failure
          + "); it is tried again: if that lasts, look at endpoint, network and credentials";
    }
    String message =
        answer.awsErrorDetails() == null ? "" : answer.awsErrorDetails().errorMessage();
    return "SQS says " + code(failure) + " (" + message + ")" + advice(failure, queue, permissions);
  }

  private static String advice(Throwable failure, String queue, String permissions) {
    String code = code(failure);
    if (failure instanceof QueueDoesNotExistException
        || code.endsWith("NonExistentQueue")
        || code.endsWith("QueueDoesNotExist")) {
      return "; create the queue " + queue + ", or name another one, or another region";
    }
    if (isDenied(failure)) {
      return "; these credentials need " + permissions + " on it";
    }
    return switch (code) {
      case "InvalidClientTokenId",
          "SignatureDoesNotMatch",
          "ExpiredToken",
          "UnrecognizedClientException",
          "InvalidSignatureException",
          "ExpiredTokenException",
          "MissingAuthenticationToken" ->
          "; look at the credentials";
      default -> "; it is tried again";
    };
  }
}
