package io.millrace.connectors.s3;

import io.millrace.connectors.contract.SinkContract;
import io.millrace.connectors.contract.SinkDriver;

class S3CsvContractIT extends SinkContract {

  @Override
  protected SinkDriver driver() {
    return new S3Driver();
  }

  @Override
  protected String newDestination() {
    return S3Driver.destination(Format.CSV, Compression.ZSTD, S3Driver.STATIC);
  }
}
