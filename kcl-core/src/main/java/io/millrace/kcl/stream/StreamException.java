package io.millrace.kcl.stream;

/** A call to the stream that failed, sorted by what to do about it. */
public final class StreamException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What went wrong, as far as it decides what to do. */
  public enum Kind {
    /** Over a limit of the shard or the account: slow down. */
    THROTTLED,
    /** Timed out, refused, 5xx, expired credentials: try again. */
    UNAVAILABLE,
    /** The iterator is too old: open the shard again. */
    EXPIRED_ITERATOR,
    /** The stream or the shard does not exist (any more). */
    NOT_FOUND,
    /** The caller may not do this. */
    ACCESS_DENIED,
    /** The request makes no sense to the server: repeating cannot help. */
    INVALID
  }

  private final Kind kind;

  public StreamException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
