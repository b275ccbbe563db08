package io.millrace.kcl;

/**
 * Nobody knows whether the checkpoint was stored, for example because the waiting thread was
 * interrupted. Repeating it is safe.
 */
public class KinesisClientLibDependencyException extends KinesisClientLibRetryableException {

  private static final long serialVersionUID = 1L;

  public KinesisClientLibDependencyException(String message) {
    super(message);
  }

  public KinesisClientLibDependencyException(String message, Throwable cause) {
    super(message, cause);
  }
}
