package io.millrace.kcl;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.kcl.engine.ShardCheckpointer;
import io.millrace.kcl.engine.ShardCheckpointer.LeaseLostException;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.PendingCheckpoint;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

/**
 * The user's checkpointer: waits for the engine's one. The wait has no bound of its own; the engine
 * answers when the store has, when the lease is lost, or when the worker ends.
 */
final class BlockingCheckpointer implements IRecordProcessorCheckpointer {

  private final LeaseKey shard;
  private final ShardCheckpointer checkpointer;

  BlockingCheckpointer(LeaseKey shard, ShardCheckpointer checkpointer) {
    this.shard = shard;
    this.checkpointer = checkpointer;
  }

  @Override
  public void checkpoint() throws InvalidStateException, ShutdownException {
    Checkpoint position = checkpointer.upTo();
    if (position.isInitial()) {
      return; // nothing was delivered yet, so there is nothing to move
    }
    commit(position);
  }

  @Override
  public void checkpoint(Record record) throws InvalidStateException, ShutdownException {
    commit(positionOf(record));
  }

  @Override
  public void checkpoint(String sequenceNumber) throws InvalidStateException, ShutdownException {
    commit(positionOf(sequenceNumber, 0));
  }

  @Override
  public void checkpoint(String sequenceNumber, long subSequenceNumber)
      throws InvalidStateException, ShutdownException {
    commit(positionOf(sequenceNumber, subSequenceNumber));
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint() throws InvalidStateException, ShutdownException {
    return prepare(checkpointer.upTo(), null);
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(byte[] applicationState)
      throws InvalidStateException, ShutdownException {
    return prepare(checkpointer.upTo(), applicationState);
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(Record record)
      throws InvalidStateException, ShutdownException {
    return prepare(positionOf(record), null);
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(Record record, byte[] applicationState)
      throws InvalidStateException, ShutdownException {
    return prepare(positionOf(record), applicationState);
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(String sequenceNumber)
      throws InvalidStateException, ShutdownException {
    return prepare(positionOf(sequenceNumber, 0), null);
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(String sequenceNumber, byte[] applicationState)
      throws InvalidStateException, ShutdownException {
    return prepare(positionOf(sequenceNumber, 0), applicationState);
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(String sequenceNumber, long subSequenceNumber)
      throws InvalidStateException, ShutdownException {
    return prepare(positionOf(sequenceNumber, subSequenceNumber), null);
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(
      String sequenceNumber, long subSequenceNumber, byte[] applicationState)
      throws InvalidStateException, ShutdownException {
    return prepare(positionOf(sequenceNumber, subSequenceNumber), applicationState);
  }

  @Override
  public boolean isLeaseHeld() {
    return checkpointer.isLeaseHeld();
  }

  private static Checkpoint positionOf(Record record) {
    return Objects.requireNonNull(record, "record").getPosition();
  }

  private static Checkpoint positionOf(String sequenceNumber, long subSequenceNumber) {
    return Checkpoint.at(SequenceNumber.of(sequenceNumber), subSequenceNumber);
  }

  private void commit(Checkpoint position) throws InvalidStateException, ShutdownException {
    await("checkpoint", position, checkpointer.checkpoint(position));
  }

  private IPreparedCheckpointer prepare(Checkpoint position, byte[] applicationState)
      throws InvalidStateException, ShutdownException {
    await(
        "prepare a checkpoint",
        position,
        checkpointer.prepare(new PendingCheckpoint(position, applicationState)));
    return new Prepared(position);
  }

  private void await(String what, Checkpoint position, CompletionStage<Void> answer)
      throws InvalidStateException, ShutdownException {
    try {
      answer.toCompletableFuture().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KinesisClientLibDependencyException(
          describe(what, position)
              + ": the waiting thread was interrupted; whether it was stored is not known, repeating"
              + " is safe",
          e);
    } catch (CancellationException e) {
      throw new KinesisClientLibDependencyException(
          describe(what, position) + ": cancelled; whether it was stored is not known", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      while (cause instanceof CompletionException && cause.getCause() != null) {
        cause = cause.getCause();
      }
      throw translated(describe(what, position) + ": " + cause.getMessage(), cause);
    }
  }

  private String describe(String what, Checkpoint position) {
    return "Could not " + what + " at " + position + " of shard " + shard;
  }

  /** The exception to throw; unchecked ones are thrown here. */
  private static InvalidStateException translated(String message, Throwable cause)
      throws ShutdownException {
    if (cause instanceof LeaseLostException) {
      throw new ShutdownException(message, cause);
    }
    if (cause instanceof IllegalArgumentException) {
      throw new IllegalArgumentException(message, cause);
    }
    if (cause instanceof LeaseStoreException trouble
        && trouble.kind() == LeaseStoreException.Kind.NO_ANSWER) {
      throw new KinesisClientLibDependencyException(message, cause);
    }
    return new InvalidStateException(message, cause);
  }

  private final class Prepared implements IPreparedCheckpointer {
    private final Checkpoint position;

    Prepared(Checkpoint position) {
      this.position = position;
    }

    @Override
    public Checkpoint getPendingCheckpoint() {
      return position;
    }

    @Override
    public void checkpoint() throws InvalidStateException, ShutdownException {
      commit(position);
    }
  }
}
