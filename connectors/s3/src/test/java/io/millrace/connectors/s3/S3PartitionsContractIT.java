package io.millrace.connectors.s3;

import io.millrace.connectors.contract.SinkContract;
import io.millrace.connectors.contract.SinkDriver;

class S3PartitionsContractIT extends SinkContract {

  @Override
  protected SinkDriver driver() {
    return new S3Driver();
  }

  @Override
  protected String newDestination() {
    return S3Driver.destination(Format.NDJSON, Compression.NONE, S3Driver.DYNAMIC);
  }
}
