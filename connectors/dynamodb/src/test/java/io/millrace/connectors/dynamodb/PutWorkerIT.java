package io.millrace.connectors.dynamodb;

import io.millrace.connectors.contract.SinkDriver;
import io.millrace.connectors.contract.WorkerContract;

class PutWorkerIT extends WorkerContract {

  @Override
  protected SinkDriver driver() {
    return new TableDriver.Put();
  }

  @Override
  protected String newDestination() {
    return TableDriver.newDestination();
  }
}
