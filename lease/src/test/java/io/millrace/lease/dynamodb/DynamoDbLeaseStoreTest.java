package io.millrace.lease.dynamodb;

import io.millrace.lease.LeaseStore;
import io.millrace.lease.LeaseStoreContract;

class DynamoDbLeaseStoreTest extends LeaseStoreContract {

  @Override
  protected LeaseStore emptyStore() {
    return DynamoDbLeaseStore.builder(LocalTables.client(), LocalTables.newTable()).build();
  }
}
