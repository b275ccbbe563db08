package io.millrace.connectors.redshift;

import io.millrace.connectors.sink.SinkException;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Set;

/** What an error of the database means for somebody who runs a pipeline. */
final class SqlErrors {

  /** What is to be done about it. */
  enum Kind {
    /** Nobody knows what has become of the transaction. */
    CONNECTION_LOST,
    /** Another transaction was in the way: the same one again. */
    COLLISION,
    /** It passes. */
    PASSING,
    /** It stays until somebody does something. */
    NEEDS_SOMEBODY
  }

  private static final Set<String> COLLISIONS = Set.of("40001", "40P01");

  /** Shut down, crashed, starting up: the session is gone. */
  private static final Set<String> SESSION_GONE =
      Set.of("57P01", "57P02", "57P03", "57P05", "25P03", "25P04", "25P02");

  private SqlErrors() {}

  static Kind kind(SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    String message = message(e);
    if (COLLISIONS.contains(state)
        || message.contains("Serializable isolation violation")
        || message.matches("(?s)(ERROR: )?1023\\b.*")) {
      return Kind.COLLISION;
    }
    if (state.startsWith("08") || SESSION_GONE.contains(state) || hasIoCause(e)) {
      return Kind.CONNECTION_LOST;
    }
    if (state.isEmpty() || state.startsWith("HY")) {
      // the driver's own errors
      return message.toLowerCase(Locale.ROOT).contains("connection") || state.isEmpty()
          ? Kind.CONNECTION_LOST
          : Kind.PASSING;
    }
    if (state.startsWith("53")
        || state.startsWith("55")
        || state.startsWith("57")
        || state.startsWith("58")) {
      return Kind.PASSING;
    }
    if (state.startsWith("XX")) {
      return internal(message);
    }
    return Kind.NEEDS_SOMEBODY;
  }

  /** Redshift reports most of what COPY meets as an internal error. */
  private static Kind internal(String message) {
    return isLoadError(message) || isRefusedByS3(message) || message.contains("Invalid operation")
        ? Kind.NEEDS_SOMEBODY
        : Kind.PASSING;
  }

  /** Rows that do not fit, beyond what MAXERROR allows. */
  static boolean isLoadError(String message) {
    return message.contains("stl_load_errors")
        || message.contains("sys_load_error_detail")
        || message.contains("Load into table");
  }

  private static boolean isRefusedByS3(String message) {
    return message.contains("Access Denied")
        || message.contains("AccessDenied")
        || message.contains("Not authorized")
        || message.contains("is not authorized")
        || message.contains("UnauthorizedException")
        || message.contains("NoSuchBucket")
        || message.contains("InvalidAccessKeyId")
        || message.contains("SignatureDoesNotMatch")
        || message.contains("PermanentRedirect")
        || message.contains("must be addressed using the specified endpoint");
  }

  private static boolean hasIoCause(Throwable e) {
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof IOException) {
        return true;
      }
    }
    return false;
  }

  /**
   * The exception for a pipeline.
   *
   * @param doing what was being done, on what: {@code "lock the history h"}; has no secret
   */
  static SinkException translate(SQLException e, String doing) {
    String said =
        "Could not "
            + doing
            + ": "
            + (e.getSQLState() == null ? "" : e.getSQLState() + " ")
            + message(e).strip();
    return switch (kind(e)) {
      case CONNECTION_LOST ->
          SinkException.passing(said + " (the connection was lost; the same is tried again)", e);
      case COLLISION ->
          SinkException.passing(said + " (another transaction was in the way; tried again)", e);
      case PASSING -> SinkException.passing(said, e);
      case NEEDS_SOMEBODY ->
          SinkException.needsSomebody(said + "; " + advice(e.getSQLState(), message(e)), e);
    };
  }

  /** What to do. */
  static String advice(String sqlState, String message) {
    String state = sqlState == null ? "" : sqlState;
    if (state.startsWith("28")) {
      return "the database refuses user and password: look at user, password and url";
    }
    if (state.equals("3D000")) {
      return "there is no such database: look at the end of url";
    }
    if (state.equals("3F000")) {
      return "there is no such schema: create it, or look at table and historyTable";
    }
    if (state.equals("42P01")) {
      return "there is no such table: create it, say createTable: true or createHistory: true, or"
          + " look at table and historyTable";
    }
    if (state.equals("42703")) {
      return "the table has no such column: look at columns, mergeKey and deleteWhen";
    }
    if (state.equals("42501")) {
      return "the user lacks a right: it needs INSERT, SELECT (with mergeKey also DELETE) on the"
          + " table, INSERT, SELECT, UPDATE and DELETE on the history, and TEMP on the database";
    }
    if (state.equals("23502")) {
      return "a column of the table takes no NULL: write 'required' behind it in columns, so that"
          + " records without it become dead letters";
    }
    if (state.startsWith("22") || isLoadError(message)) {
      return "rows do not fit the table's columns: look into sys_load_error_detail or"
          + " stl_load_errors; maxErrors makes dead letters of such rows";
    }
    if (isRefusedByS3(message)) {
      return "Redshift cannot read the files: look at iamRole (or accessKeyId, secretAccessKey,"
          + " sessionToken) and at its right to s3:GetObject and s3:ListBucket on the bucket, and at"
          + " region";
    }
    return "the statement is refused as it is: look at table, columns and the options of COPY";
  }

  private static String message(SQLException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
