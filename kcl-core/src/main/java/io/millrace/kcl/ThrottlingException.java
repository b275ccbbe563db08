package io.millrace.kcl;

/**
 * The lease table refuses writes because there are too many. Millrace repeats a throttled
 * checkpoint by itself and does not throw this today; it exists because code written for the
 * Kinesis Client Library catches it.
 */
public class ThrottlingException extends KinesisClientLibRetryableException {

  private static final long serialVersionUID = 1L;

  public ThrottlingException(String message) {
    super(message);
  }

  public ThrottlingException(String message, Throwable cause) {
    super(message, cause);
  }
}
