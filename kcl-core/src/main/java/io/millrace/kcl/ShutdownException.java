package io.millrace.kcl;

/**
 * The lease is not held any more, so its checkpoint cannot be moved: another worker may be
 * processing the same records already. Stop working on this shard; what was not checkpointed is
 * delivered again, there.
 */
public class ShutdownException extends KinesisClientLibException {

  private static final long serialVersionUID = 1L;

  public ShutdownException(String message) {
    super(message);
  }

  public ShutdownException(String message, Throwable cause) {
    super(message, cause);
  }
}
