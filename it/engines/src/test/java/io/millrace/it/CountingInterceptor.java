package io.millrace.it;

import java.util.concurrent.atomic.DoubleAdder;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ConsumedCapacity;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemResponse;
import software.amazon.awssdk.services.dynamodb.model.GetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.GetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.ReturnConsumedCapacity;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;
import software.amazon.awssdk.services.dynamodb.model.ScanResponse;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemResponse;

/** Adds up the capacity units that DynamoDB says each request has cost. */
final class CountingInterceptor implements ExecutionInterceptor {

  final DoubleAdder writeUnits = new DoubleAdder();
  final DoubleAdder readUnits = new DoubleAdder();

  @Override
  public SdkRequest modifyRequest(Context.ModifyRequest context, ExecutionAttributes attributes) {
    SdkRequest request = context.request();
    ReturnConsumedCapacity total = ReturnConsumedCapacity.TOTAL;
    if (request instanceof UpdateItemRequest update) {
      return update.toBuilder().returnConsumedCapacity(total).build();
    } else if (request instanceof DeleteItemRequest delete) {
      return delete.toBuilder().returnConsumedCapacity(total).build();
    } else if (request instanceof GetItemRequest get) {
      return get.toBuilder().returnConsumedCapacity(total).build();
    } else if (request instanceof ScanRequest scan) {
      return scan.toBuilder().returnConsumedCapacity(total).build();
    }
    // what is left manages the table, once
    return request;
  }

  @Override
  public void afterExecution(Context.AfterExecution context, ExecutionAttributes attributes) {
    SdkResponse response = context.response();
    if (response instanceof UpdateItemResponse update) {
      add(writeUnits, update.consumedCapacity());
    } else if (response instanceof DeleteItemResponse delete) {
      add(writeUnits, delete.consumedCapacity());
    } else if (response instanceof GetItemResponse get) {
      add(readUnits, get.consumedCapacity());
    } else if (response instanceof ScanResponse scan) {
      add(readUnits, scan.consumedCapacity());
    }
  }

  @Override
  public void onExecutionFailure(Context.FailedExecution context, ExecutionAttributes attributes) {
    if (context.exception() instanceof ConditionalCheckFailedException) {
      // a write that was refused is charged all the same
      writeUnits.add(1);
    }
  }

  private static void add(DoubleAdder sum, ConsumedCapacity capacity) {
    sum.add(capacity.capacityUnits());
  }
}
