package io.millrace.embedded.model;

/**
 * An error that Kinesis gives to its caller. It carries no stack trace: it is an answer, not a
 * fault.
 */
public final class KinesisError extends RuntimeException {
  private final String type;
  private final int status;

  private KinesisError(String type, int status, String message) {
    super(message, null, false, false);
    this.type = type;
    this.status = status;
  }

  /** The name of the error's shape, as it stands in {@code __type}. */
  public String type() {
    return type;
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }

  public static KinesisError resourceNotFound(String message) {
    return new KinesisError("ResourceNotFoundException", 400, message);
  }

  public static KinesisError resourceInUse(String message) {
    return new KinesisError("ResourceInUseException", 400, message);
  }

  public static KinesisError invalidArgument(String message) {
    return new KinesisError("InvalidArgumentException", 400, message);
  }

  public static KinesisError limitExceeded(String message) {
    return new KinesisError("LimitExceededException", 400, message);
  }

  public static KinesisError validation(String message) {
    return new KinesisError("ValidationException", 400, message);
  }

  public static KinesisError expiredIterator(String message) {
    return new KinesisError("ExpiredIteratorException", 400, message);
  }

  public static KinesisError expiredNextToken(String message) {
    return new KinesisError("ExpiredNextTokenException", 400, message);
  }

  public static KinesisError serialization(String message) {
    return new KinesisError("SerializationException", 400, message);
  }

  public static KinesisError unknownOperation(String message) {
    return new KinesisError("UnknownOperationException", 400, message);
  }

  public static KinesisError internalFailure(String message) {
    return new KinesisError("InternalFailure", 500, message);
  }
}
