package io.millrace.connectors.dynamodb;

import io.millrace.connectors.contract.SinkContract;
import io.millrace.connectors.contract.SinkDriver;

class IncrementContractTest extends SinkContract {

  @Override
  protected SinkDriver driver() {
    return new TableDriver.Increment();
  }

  @Override
  protected String newDestination() {
    return TableDriver.newDestination();
  }
}
