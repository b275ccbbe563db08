package io.millrace.connectors.redshift;

import io.millrace.connectors.sink.SinkException;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

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

  /** What AWS says when the credentials with which it is asked have to be fetched again. */
  private static final Set<String> EXPIRED =
      Set.of("ExpiredToken", "ExpiredTokenException", "RequestExpired");

  private SqlErrors() {}

  static Kind kind(SQLException e) {
    Optional<SdkException> ofAws = ofAws(e);
    if (ofAws.isPresent()) {
      return kind(ofAws.get());
    }
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

  /** What AWS says to a login with IAM, before there is a connection. */
  private static Kind kind(SdkException e) {
    if (e instanceof AwsServiceException refusal) {
      boolean passes =
          refusal.isThrottlingException()
              || refusal.statusCode() >= 500
              || EXPIRED.contains(code(refusal));
      return passes ? Kind.PASSING : Kind.NEEDS_SOMEBODY;
    }
    return Kind.PASSING;
  }

  private static String code(AwsServiceException e) {
    return e.awsErrorDetails() == null || e.awsErrorDetails().errorCode() == null
        ? ""
        : e.awsErrorDetails().errorCode();
  }

  private static Optional<SdkException> ofAws(Throwable e) {
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof SdkException ofAws) {
        return Optional.of(ofAws);
      }
    }
    return Optional.empty();
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
    Optional<SdkException> ofAws = ofAws(e);
    if (ofAws.isPresent()) {
      return translate(ofAws.get(), doing);
    }
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

  /** The driver itself says no more than that something unusual has occurred. */
  private static SinkException translate(SdkException e, String doing) {
    String said = "Could not " + doing + ": no login with IAM: " + e.getMessage();
    return kind(e) == Kind.PASSING
        ? SinkException.passing(said + " (tried again)", e)
        : SinkException.needsSomebody(said + "; " + advice((AwsServiceException) e), e);
  }

  private static String advice(AwsServiceException e) {
    String code = code(e);
    if (code.startsWith("AccessDenied") || code.startsWith("NotAuthorized")) {
      return "allow this process's credentials redshift:GetClusterCredentials on the cluster's dbuser"
          + " and dbname (with GroupFederation=true redshift:GetClusterCredentialsWithIAM, for a"
          + " workgroup redshift-serverless:GetCredentials)";
    }
    if (code.equals("InvalidClientTokenId")
        || code.equals("SignatureDoesNotMatch")
        || code.equals("UnrecognizedClientException")
        || code.equals("MissingAuthenticationToken")
        || code.equals("MissingAuthenticationTokenException")) {
      return "AWS does not know this process's credentials: look at access key and secret, and at"
          + " the region";
    }
    return "AWS gives no user for that: look at the cluster or workgroup, the region and the"
        + " parameters in url, and at user";
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
