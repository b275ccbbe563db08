package io.millrace.kcl.keyed;

import io.millrace.kcl.IPreparedCheckpointer;
import io.millrace.kcl.IRecordProcessorCheckpointer;
import io.millrace.kcl.Record;
import io.millrace.kcl.ShutdownException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Writes checkpoints down as {@code sequence/sub}, and refuses what a processor like ours never
 * asks for.
 */
final class RecordedCheckpoints implements IRecordProcessorCheckpointer {

  final List<String> written = new CopyOnWriteArrayList<>();
  volatile boolean leaseHeld = true;
  volatile RuntimeException trouble;

  @Override
  public void checkpoint() throws ShutdownException {
    write("END");
  }

  @Override
  public void checkpoint(String sequenceNumber, long subSequenceNumber) throws ShutdownException {
    write(sequenceNumber + "/" + subSequenceNumber);
  }

  private void write(String what) throws ShutdownException {
    if (!leaseHeld) {
      throw new ShutdownException("the lease is lost", null);
    }
    if (trouble != null) {
      throw trouble;
    }
    written.add(what);
  }

  @Override
  public boolean isLeaseHeld() {
    return leaseHeld;
  }

  @Override
  public void checkpoint(Record record) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void checkpoint(String sequenceNumber) {
    throw new UnsupportedOperationException();
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint() {
    throw new UnsupportedOperationException();
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(byte[] applicationState) {
    throw new UnsupportedOperationException();
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(Record record) {
    throw new UnsupportedOperationException();
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(Record record, byte[] applicationState) {
    throw new UnsupportedOperationException();
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(String sequenceNumber) {
    throw new UnsupportedOperationException();
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(String sequenceNumber, byte[] applicationState) {
    throw new UnsupportedOperationException();
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(String sequenceNumber, long subSequenceNumber) {
    throw new UnsupportedOperationException();
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(
      String sequenceNumber, long subSequenceNumber, byte[] applicationState) {
    throw new UnsupportedOperationException();
  }
}
