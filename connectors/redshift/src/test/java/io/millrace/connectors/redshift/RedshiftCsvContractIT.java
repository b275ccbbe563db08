package io.millrace.connectors.redshift;

import io.millrace.connectors.contract.SinkContract;
import io.millrace.connectors.contract.SinkDriver;

class RedshiftCsvContractIT extends SinkContract {

  @Override
  protected SinkDriver driver() {
    return new RedshiftDriver();
  }

  @Override
  protected String newDestination() {
    return RedshiftDriver.destination(FileFormat.CSV, FileCompression.GZIP);
  }
}
