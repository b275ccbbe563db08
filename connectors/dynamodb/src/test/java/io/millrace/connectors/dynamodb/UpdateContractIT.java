package io.millrace.connectors.dynamodb;

import io.millrace.connectors.contract.SinkContract;
import io.millrace.connectors.contract.SinkDriver;

class UpdateContractIT extends SinkContract {

  @Override
  protected SinkDriver driver() {
    return new TableDriver.Update();
  }

  @Override
  protected String newDestination() {
    return TableDriver.newDestination();
  }
}
