package io.millrace.connectors.sink;

/**
 * A sink as a whole cannot store at present. The message says what was being done, on what, and
 * what to do about it. Nothing is given up for it: the shards wait.
 */
public final class SinkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean needsSomebody;

  private SinkException(String message, boolean needsSomebody, Throwable cause) {
    super(message, cause);
    this.needsSomebody = needsSomebody;
  }

  /** It is expected to pass: throttling, a timeout, an error of the service. */
  public static SinkException passing(String message, Throwable cause) {
    return new SinkException(message, false, cause);
  }

  /** Somebody has to do something: a permission is missing, a bucket does not exist. */
  public static SinkException needsSomebody(String message, Throwable cause) {
    return new SinkException(message, true, cause);
  }

  /** Whether it stays as it is until somebody does something: said loudly, tried again slowly. */
  public boolean needsSomebody() {
    return needsSomebody;
  }
}
