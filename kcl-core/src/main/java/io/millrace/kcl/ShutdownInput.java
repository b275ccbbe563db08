package io.millrace.kcl;

import java.util.Objects;

/** What a processor is told when there will be no more records. */
public final class ShutdownInput {

  private final IRecordProcessorCheckpointer checkpointer;
  private final ShutdownReason shutdownReason;

  public ShutdownInput(IRecordProcessorCheckpointer checkpointer, ShutdownReason shutdownReason) {
    this.checkpointer = Objects.requireNonNull(checkpointer, "checkpointer");
    this.shutdownReason = Objects.requireNonNull(shutdownReason, "shutdownReason");
  }

  /** Refuses everything if the reason is {@link ShutdownReason#ZOMBIE}; never null. */
  public IRecordProcessorCheckpointer getCheckpointer() {
    return checkpointer;
  }

  /** Never null. */
  public ShutdownReason getShutdownReason() {
    return shutdownReason;
  }

  @Override
  public String toString() {
    return "ShutdownInput[" + shutdownReason + "]";
  }
}
