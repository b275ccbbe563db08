package io.millrace.connectors.redshift;

import io.millrace.connectors.contract.SinkDriver;
import io.millrace.connectors.contract.WorkerContract;

class RedshiftWorkerIT extends WorkerContract {

  @Override
  protected SinkDriver driver() {
    return new RedshiftDriver();
  }

  @Override
  protected String newDestination() {
    return RedshiftDriver.destination(FileFormat.CSV, FileCompression.GZIP);
  }
}
