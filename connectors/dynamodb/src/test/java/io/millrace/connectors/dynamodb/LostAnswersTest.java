package io.millrace.connectors.dynamodb;

import static io.millrace.connectors.dynamodb.Items.item;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Outcome;
import io.millrace.connectors.sink.RangeItem;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Writes that take effect, whose answers do not arrive. */
class LostAnswersTest {

  /** Loses every good answer to a write. */
  private static final class Losing implements ExecutionInterceptor {
    final AtomicInteger writes = new AtomicInteger();

    @Override
    public void afterUnmarshalling(
        Context.AfterUnmarshalling context, ExecutionAttributes ignored) {
      String name = context.request().getClass().getSimpleName();
      boolean write =
          name.equals("PutItemRequest")
              || name.equals("UpdateItemRequest")
              || name.equals("TransactWriteItemsRequest");
      if (write) {
        writes.incrementAndGet();
        throw SdkClientException.create("the answer is lost");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Operation.class)
  void the_repeat_finds_its_own_write_and_does_nothing_twice(Operation operation) {
    Losing losing = new Losing();
    String table = Local.newName();
    try (DynamoDbAsyncClient client = Local.clientThrough(losing);
        DynamoDbSink sink =
            DynamoDbSink.builder(
                    table,
                    ItemMapping.builder("id")
                        .attribute(AttributeMapping.of("n", "n", AttributeType.N))
                        .build())
                .operation(OperationRule.always(operation))
                .client(client)
                .build()) {
      sink.createTable(NewTable.payPerRequest());
      List<RangeItem<Message>> items = new ArrayList<>();
      for (int i = 1; i <= 10; i++) {
        items.add(item(i, "{'id':'a','n':" + i + "}"));
      }
      List<Outcome> outcomes = sink.deliver(Items.range(items)).toCompletableFuture().join();
      assertThat(outcomes).containsOnly(Outcome.duplicate()).hasSize(10);
      assertThat(losing.writes).hasValue(10);
      AttributeValue n = Local.row(table, "id", "a").get("n");
      switch (operation) {
        case PUT, UPDATE -> assertThat(n.n()).isEqualTo("10");
        case INCREMENT -> assertThat(n.n()).isEqualTo("55");
        case DELETE -> assertThat(n).isNull();
      }
    }
  }
}
