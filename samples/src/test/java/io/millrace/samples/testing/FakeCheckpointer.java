package io.millrace.samples.testing;

import io.millrace.kcl.IPreparedCheckpointer;
import io.millrace.kcl.IRecordProcessorCheckpointer;
import io.millrace.kcl.Record;
import io.millrace.kcl.ShutdownException;
import java.util.ArrayList;
import java.util.List;

/** Remembers what was checkpointed; {@link #loseLease} makes it refuse, as a lost lease does. */
public class FakeCheckpointer implements IRecordProcessorCheckpointer {

  static final String END_OF_BATCH = "end of batch";

  /** Sequence numbers, or {@link #END_OF_BATCH}, in their order. */
  final List<String> checkpoints = new ArrayList<>();

  private boolean leaseHeld = true;

  void loseLease() {
    leaseHeld = false;
  }

  @Override
  public boolean isLeaseHeld() {
    return leaseHeld;
  }

  @Override
  public void checkpoint() throws ShutdownException {
    keep(END_OF_BATCH);
  }

  @Override
  public void checkpoint(Record record) throws ShutdownException {
    keep(record.getSequenceNumber());
  }

  @Override
  public void checkpoint(String sequenceNumber) throws ShutdownException {
    keep(sequenceNumber);
  }

  @Override
  public void checkpoint(String sequenceNumber, long subSequenceNumber) throws ShutdownException {
    keep(sequenceNumber);
  }

  private void keep(String position) throws ShutdownException {
    if (!leaseHeld) {
      throw new ShutdownException("the lease is not held any more");
    }
    checkpoints.add(position);
  }

  // what follows is for processors that prepare checkpoints; this one does not

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
