package io.millrace.connectors.contract;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.kcl.IPreparedCheckpointer;
import io.millrace.kcl.InitializationInput;
import io.millrace.kcl.ShutdownException;
import java.util.function.Consumer;

/** The lease of one shard: checkpoint, prepared checkpoint, and a token that every claim raises. */
final class LeaseRow {

  /** The moments of a delivery at which a process can die. */
  enum Moment {
    BEFORE_PREPARE,
    AFTER_PREPARE,
    BEFORE_SINK,
    AFTER_SINK,
    BEFORE_LETTERS,
    AFTER_LETTERS,
    BEFORE_CHECKPOINT,
    AFTER_CHECKPOINT
  }

  private int token;
  private Checkpoint checkpoint = Checkpoint.TRIM_HORIZON;
  private Checkpoint pending;
  private byte[] pendingState;

  synchronized Checkpoint checkpoint() {
    return checkpoint;
  }

  synchronized boolean isPending() {
    return pending != null;
  }

  /** Takes the lease, from whoever has it. */
  synchronized Hold claim(Consumer<Moment> watcher) {
    token++;
    return new Hold(
        token, new InitializationInput("shard-0", checkpoint, pending, pendingState), watcher);
  }

  /** One owner. */
  final class Hold extends NoCheckpointer {
    private final int myToken;
    private final InitializationInput input;
    private final Consumer<Moment> watcher;

    private Hold(int myToken, InitializationInput input, Consumer<Moment> watcher) {
      this.myToken = myToken;
      this.input = input;
      this.watcher = watcher;
    }

    InitializationInput input() {
      return input;
    }

    @Override
    public boolean isLeaseHeld() {
      return true; // a zombie believes so
    }

    private void check() throws ShutdownException {
      if (token != myToken) {
        throw new ShutdownException("token " + myToken + " is over, now " + token);
      }
    }

    @Override
    public void checkpoint() throws ShutdownException {
      synchronized (LeaseRow.this) {
        check();
        checkpoint = Checkpoint.SHARD_END;
        pending = null;
        pendingState = null;
      }
    }

    @Override
    public void checkpoint(String sequenceNumber, long subSequenceNumber) throws ShutdownException {
      watcher.accept(Moment.BEFORE_CHECKPOINT);
      Checkpoint to = Checkpoint.at(SequenceNumber.of(sequenceNumber), subSequenceNumber);
      synchronized (LeaseRow.this) {
        check();
        if (to.compareTo(checkpoint) < 0) {
          throw new IllegalArgumentException(to + " lies before " + checkpoint);
        }
        checkpoint = to;
        pending = null;
        pendingState = null;
      }
      watcher.accept(Moment.AFTER_CHECKPOINT);
    }

    @Override
    public IPreparedCheckpointer prepareCheckpoint(
        String sequenceNumber, long subSequenceNumber, byte[] state) throws ShutdownException {
      watcher.accept(Moment.BEFORE_PREPARE);
      synchronized (LeaseRow.this) {
        check();
        pending = Checkpoint.at(SequenceNumber.of(sequenceNumber), subSequenceNumber);
        pendingState = state.clone();
      }
      watcher.accept(Moment.AFTER_PREPARE);
      return null;
    }
  }
}
