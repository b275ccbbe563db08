package io.millrace.connectors.dynamodb;

import io.millrace.connectors.contract.SinkDriver;
import io.millrace.connectors.contract.WorkerContract;

class BatchWorkerIT extends WorkerContract {

  @Override
  protected SinkDriver driver() {
    return new TableDriver.Batch();
  }

  @Override
  protected String newDestination() {
    return TableDriver.newDestination();
  }
}
