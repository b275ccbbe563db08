package io.millrace.connectors.s3;

import io.millrace.connectors.contract.SinkContract;
import io.millrace.connectors.contract.SinkDriver;

class S3RawContractIT extends SinkContract {

  @Override
  protected SinkDriver driver() {
    return new S3Driver.Raw();
  }

  @Override
  protected String newDestination() {
    return S3Driver.destination(Format.RAW, Compression.SNAPPY, S3Driver.STATIC);
  }
}
