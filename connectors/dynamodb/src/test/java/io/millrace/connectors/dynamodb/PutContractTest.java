package io.millrace.connectors.dynamodb;

import io.millrace.connectors.contract.SinkContract;
import io.millrace.connectors.contract.SinkDriver;

class PutContractTest extends SinkContract {

  @Override
  protected SinkDriver driver() {
    return new TableDriver.Put();
  }

  @Override
  protected String newDestination() {
    return TableDriver.newDestination();
  }
}
