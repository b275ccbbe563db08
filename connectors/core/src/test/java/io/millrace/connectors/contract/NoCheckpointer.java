package io.millrace.connectors.contract;

import io.millrace.kcl.IPreparedCheckpointer;
import io.millrace.kcl.IRecordProcessorCheckpointer;
import io.millrace.kcl.Record;
import io.millrace.kcl.ShutdownException;

/** Refuses everything; a test overrides what it is about. */
public abstract class NoCheckpointer implements IRecordProcessorCheckpointer {

  @Override
  public void checkpoint() throws ShutdownException {
    throw new UnsupportedOperationException();
  }

  @Override
  public void checkpoint(Record record) throws ShutdownException {
    throw new UnsupportedOperationException();
  }

  @Override
  public void checkpoint(String sequenceNumber) throws ShutdownException {
    throw new UnsupportedOperationException();
  }

  @Override
  public void checkpoint(String sequenceNumber, long subSequenceNumber) throws ShutdownException {
    throw new UnsupportedOperationException();
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint() throws ShutdownException {
    throw new UnsupportedOperationException();
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(byte[] applicationState) throws ShutdownException {
    throw new UnsupportedOperationException();
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(Record record) throws ShutdownException {
    throw new UnsupportedOperationException();
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(Record record, byte[] applicationState)
      throws ShutdownException {
    throw new UnsupportedOperationException();
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(String sequenceNumber) throws ShutdownException {
    throw new UnsupportedOperationException();
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(String sequenceNumber, byte[] applicationState)
      throws ShutdownException {
    throw new UnsupportedOperationException();
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(String sequenceNumber, long subSequenceNumber)
      throws ShutdownException {
    throw new UnsupportedOperationException();
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(
      String sequenceNumber, long subSequenceNumber, byte[] applicationState)
      throws ShutdownException {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isLeaseHeld() {
    return true;
  }
}
