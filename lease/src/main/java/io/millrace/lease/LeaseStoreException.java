package io.millrace.lease;

/**
 * A store operation without an answer, or one that cannot succeed. Of a write whose exception is
 * {@link Kind#NO_ANSWER}, nobody knows whether it took effect.
 */
public final class LeaseStoreException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What went wrong, as far as it decides what to do. */
  public enum Kind {
    /**
     * Throttled, timed out, refused, 5xx, expired credentials: the outcome is unknown, repeating is
     * right.
     */
    NO_ANSWER,
    /** The table does not exist (any more). */
    TABLE_MISSING,
    /** The caller may not do this. */
    ACCESS_DENIED,
    /** The table is not one of ours, or the request is invalid: repeating cannot help. */
    INVALID
  }

  private final Kind kind;

  public LeaseStoreException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
