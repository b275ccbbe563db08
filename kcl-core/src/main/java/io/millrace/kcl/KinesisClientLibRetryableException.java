package io.millrace.kcl;

/**
 * A checkpoint that may succeed when it is repeated. Unchecked, as it is in the Kinesis Client
 * Library, so that code written for that one compiles.
 */
public abstract class KinesisClientLibRetryableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  protected KinesisClientLibRetryableException(String message) {
    super(message);
  }

  protected KinesisClientLibRetryableException(String message, Throwable cause) {
    super(message, cause);
  }
}
