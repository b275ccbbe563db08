package io.millrace.connectors.dynamodb;

import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.sink.SinkException;
import java.util.Set;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/** What a failure of the SDK means. */
final class Failures {

  private static final Set<String> THROTTLED =
      Set.of(
          "ProvisionedThroughputExceededException",
          "ProvisionedThroughputExceeded",
          "RequestLimitExceeded",
          "ThrottlingException",
          "ThrottlingError",
          "Throttling");

  private static final Set<String> BUSY =
      Set.of(
          "TransactionConflictException",
          "TransactionConflict",
          "TransactionInProgressException",
          "ReplicatedWriteConflictException");

  /** What passes without anybody doing something, though the status is 4xx. */
  private static final Set<String> PASSING =
      Set.of("ExpiredTokenException", "RequestExpired", "RequestTimeoutException");

  private static final int SERVER_ERROR = 500;

  private Failures() {}

  static Throwable unwrap(Throwable error) {
    Throwable cause = error;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /**
   * @param operation the API's name of it, which is also the permission's
   */
  static Verdict judge(Throwable error, String operation, String table) {
    Throwable cause = unwrap(error);
    if (!(cause instanceof AwsServiceException service) || code(service).isEmpty()) {
      return new Verdict.Trouble(noAnswer(cause, operation, table));
    }
    return judge(new Reason(code(service), said(service), service), operation, table);
  }

  /** A cancelled transaction has several, each with a code of its own. */
  record Reason(String code, String message, AwsServiceException cause) {}

  static Verdict judge(Reason reason, String operation, String table) {
    String code = reason.code();
    String message = reason.message();
    AwsServiceException cause = reason.cause();
    if (THROTTLED.contains(code)) {
      return new Verdict.Throttled(cause);
    }
    if (BUSY.contains(code)) {
      return new Verdict.Busy(cause);
    }
    switch (code) {
      case "ValidationException":
      case "ValidationError":
        if (isAboutTheKeySchema(message)) {
          return new Verdict.Trouble(
              SinkException.needsSomebody(
                  operation
                      + " into table '"
                      + table
                      + "' was refused: "
                      + message
                      + " The table's key is another one than partitionKey and sortKey say: correct"
                      + " them, or the table.",
                  cause));
        }
        return new Verdict.Unfit(
            new MalformedMessageException("DynamoDB refuses the row: " + message, cause));
      case "ItemCollectionSizeLimitExceededException":
      case "ItemCollectionSizeLimitExceeded":
        return new Verdict.Unfit(
            new MalformedMessageException(
                "the rows of one partition key are larger than the 10 GB that a table with a local"
                    + " index may hold: "
                    + message,
                cause));
      case "ResourceNotFoundException":
        return new Verdict.Trouble(
            SinkException.needsSomebody(
                operation
                    + " into table '"
                    + table
                    + "' failed: the table does not exist in that region. Create it, name another"
                    + " one in 'table' or 'region', or let the sink create it with 'createTable:"
                    + " true'.",
                cause));
      default:
        break;
    }
    if (code.startsWith("AccessDenied")) {
      return new Verdict.Trouble(
          SinkException.needsSomebody(
              operation
                  + " into table '"
                  + table
                  + "' was denied: allow "
                  + permissions(operation)
                  + " on that table to the worker's credentials. DynamoDB says: "
                  + message,
              cause));
    }
    if (PASSING.contains(code) || cause.statusCode() >= SERVER_ERROR) {
      return new Verdict.Trouble(noAnswer(cause, operation, table));
    }
    return new Verdict.Trouble(
        SinkException.needsSomebody(
            operation
                + " into table '"
                + table
                + "' was refused with "
                + code
                + ": "
                + message
                + " Check credentials, region and the state of the table.",
            cause));
  }

  private static String permissions(String operation) {
    return operation.equals("TransactWriteItems")
        ? "dynamodb:PutItem and dynamodb:UpdateItem"
        : "dynamodb:" + operation;
  }

  private static boolean isAboutTheKeySchema(String message) {
    return message.contains("key element does not match the schema")
        || message.contains("Missing the key")
        || message.contains("number of conditions on the keys is invalid");
  }

  private static SinkException noAnswer(Throwable cause, String operation, String table) {
    return SinkException.passing(
        operation
            + " into table '"
            + table
            + "' got no answer: "
            + cause
            + ". It is repeated; if it stays, check the network and the state of DynamoDB.",
        cause);
  }

  static String code(Throwable cause) {
    if (cause instanceof AwsServiceException service
        && service.awsErrorDetails() != null
        && service.awsErrorDetails().errorCode() != null) {
      return service.awsErrorDetails().errorCode();
    }
    return "";
  }

  private static String said(AwsServiceException cause) {
    String message =
        cause.awsErrorDetails() == null ? null : cause.awsErrorDetails().errorMessage();
    return sentence(message == null ? String.valueOf(cause.getMessage()) : message);
  }

  static String sentence(String text) {
    return text.endsWith(".") ? text : text + ".";
  }
}
