package io.millrace.bench;

import io.millrace.kcl.IPreparedCheckpointer;
import io.millrace.kcl.IRecordProcessorCheckpointer;
import io.millrace.kcl.Record;

/** A lease that costs nothing, so that what is measured is the rest. */
final class FreeLease implements IRecordProcessorCheckpointer {

  @Override
  public void checkpoint() {}

  @Override
  public void checkpoint(Record record) {}

  @Override
  public void checkpoint(String sequenceNumber) {}

  @Override
  public void checkpoint(String sequenceNumber, long subSequenceNumber) {}

  @Override
  public IPreparedCheckpointer prepareCheckpoint() {
    return null;
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(byte[] applicationState) {
    return null;
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(Record record) {
    return null;
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(Record record, byte[] applicationState) {
    return null;
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(String sequenceNumber) {
    return null;
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(String sequenceNumber, byte[] applicationState) {
    return null;
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(String sequenceNumber, long subSequenceNumber) {
    return null;
  }

  @Override
  public IPreparedCheckpointer prepareCheckpoint(
      String sequenceNumber, long subSequenceNumber, byte[] applicationState) {
    return null;
  }

  @Override
  public boolean isLeaseHeld() {
    return true;
  }
}
