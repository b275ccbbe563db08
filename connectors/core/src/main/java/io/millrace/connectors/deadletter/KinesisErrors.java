package io.millrace.connectors.deadletter;

import software.amazon.awssdk.awscore.exception.AwsServiceException;

/** What an error of Kinesis means for somebody who keeps dead letters in a stream. */
final class KinesisErrors {

  private KinesisErrors() {}

  static String code(Throwable failure) {
    return failure instanceof AwsServiceException answer
            && answer.awsErrorDetails() != null
            && answer.awsErrorDetails().errorCode() != null
        ? answer.awsErrorDetails().errorCode()
        : "";
  }

  /**
   * @param permissions what these credentials need
   */
  static String explain(Throwable failure, String stream, String permissions) {
    if (!(failure instanceof AwsServiceException answer)) {
      return "no answer from Kinesis ("
          + failure
          + "); it is stored when it is tried again: if that lasts, look at endpoint, network and"
          + " credentials";
    }
    String code = code(failure);
    String message =
        answer.awsErrorDetails() == null ? "" : answer.awsErrorDetails().errorMessage();
    return "Kinesis says " + code + " (" + message + ")" + advice(code, stream, permissions);
  }

  private static String advice(String code, String stream, String permissions) {
    return switch (code) {
      case "ResourceNotFoundException" ->
          "; create the stream " + stream + ", or name another one, or another region";
      case "AccessDeniedException" -> "; these credentials need " + permissions + " on it";
      case "UnrecognizedClientException",
          "InvalidSignatureException",
          "ExpiredTokenException",
          "MissingAuthenticationTokenException" ->
          "; look at the credentials";
      default -> "; it is stored when it is tried again";
    };
  }
}
