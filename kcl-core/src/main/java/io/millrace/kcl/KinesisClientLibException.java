package io.millrace.kcl;

/** A checkpoint that repeating cannot help. */
public abstract class KinesisClientLibException extends Exception {

  private static final long serialVersionUID = 1L;

  protected KinesisClientLibException(String message) {
    super(message);
  }

  protected KinesisClientLibException(String message, Throwable cause) {
    super(message, cause);
  }
}
