package io.millrace.lease.dynamodb;

import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.LeaseStoreException.Kind;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;

/**
 * What a failure of the SDK means for whoever asked. Whatever is not known to be final counts as no
 * answer: a worker that repeats needlessly is loud, one that stops needlessly is down.
 */
final class Failures {

  private Failures() {}

  static Throwable unwrap(Throwable error) {
    Throwable cause = error;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /**
   * @param operation the API's name of it, such as {@code UpdateItem}
   * @param row the key of the row, null if it is about the table
   */
  static LeaseStoreException translate(
      Throwable error, String operation, String table, String row) {
    Throwable cause = unwrap(error);
    if (cause instanceof LeaseStoreException known) {
      return known;
    }
    String what =
        operation + (row == null ? "" : " of '" + row + "'") + " in table '" + table + "'";
    if (cause instanceof UnreadableRowException) {
      return new LeaseStoreException(
          Kind.INVALID,
          "Row '" + row + "' in table '" + table + "' cannot be read: " + cause.getMessage(),
          cause);
    }
    if (cause instanceof ResourceNotFoundException) {
      return new LeaseStoreException(
          Kind.TABLE_MISSING,
          what
              + " failed: the table does not exist. A running worker never recreates it, because an"
              + " empty table would start the application anew: stop the fleet, bring the table"
              + " back, start again.",
          cause);
    }
    String code = code(cause);
    if (code.startsWith("AccessDenied")) {
      return new LeaseStoreException(
          Kind.ACCESS_DENIED,
          what
              + " was denied: allow dynamodb:"
              + operation
              + " on that table to the worker's credentials. DynamoDB says: "
              + cause.getMessage(),
          cause);
    }
    if (code.equals("ValidationException")) {
      return new LeaseStoreException(
          Kind.INVALID,
          what
              + " was refused: "
              + cause.getMessage()
              + " Either the row was damaged by somebody else, or the table is not "
              + LeaseTable.EXPECTED_KEY_SCHEMA
              + ".",
          cause);
    }
    return new LeaseStoreException(
        Kind.NO_ANSWER, what + " got no answer: " + cause.getMessage(), cause);
  }

  private static String code(Throwable cause) {
    if (cause instanceof AwsServiceException service
        && service.awsErrorDetails() != null
        && service.awsErrorDetails().errorCode() != null) {
      return service.awsErrorDetails().errorCode();
    }
    return "";
  }
}
