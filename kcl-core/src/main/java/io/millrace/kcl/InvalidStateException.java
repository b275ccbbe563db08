package io.millrace.kcl;

/**
 * The checkpoint cannot be stored, and repeating cannot help: the lease table is gone, may not be
 * written, or holds something unexpected. The message says which.
 */
public class InvalidStateException extends KinesisClientLibException {

  private static final long serialVersionUID = 1L;

  public InvalidStateException(String message) {
    super(message);
  }

  public InvalidStateException(String message, Throwable cause) {
    super(message, cause);
  }
}
