package io.millrace.connectors.dynamodb;

import static io.millrace.connectors.dynamodb.Items.item;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Outcome;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.SinkException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;

/** DynamoDB Local behind a client that lets only so much through a second. */
class ThrottledTableIT {

  private static final int RECORDS = 600;
  private static final int KEYS = 40;
  private static final int CAPACITY = 200;
  private static final int ALLOWED = 4_000;

  /**
   * Refuses every fifth write of whoever believes that the table can do more than it can; remembers
   * what it lets through, in order. How fast this machine is plays no part in it.
   */
  private static final class Throttle implements ExecutionInterceptor {
    final AtomicInteger refused = new AtomicInteger();
    final List<Map<String, AttributeValue>> sent = new ArrayList<>();
    volatile DynamoDbSink sink;
    private int asked;

    private synchronized boolean admits(int writes) {
      asked += writes;
      return sink.unitsPerSecond() <= CAPACITY || asked % 5 >= writes;
    }

    @Override
    public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes ignored) {
      SdkRequest request = context.request();
      int writes =
          request instanceof PutItemRequest
              ? 1
              : request instanceof BatchWriteItemRequest batch
                  ? batch.requestItems().values().iterator().next().size()
                  : 0;
      if (writes == 0) {
        return;
      }
      if (!admits(writes)) {
        refused.incrementAndGet();
        throw ProvisionedThroughputExceededException.builder()
            .message("slow down")
            .statusCode(400)
            .awsErrorDetails(
                AwsErrorDetails.builder()
                    .errorCode("ProvisionedThroughputExceededException")
                    .errorMessage("slow down")
                    .build())
            .build();
      }
      synchronized (sent) {
        if (request instanceof PutItemRequest put) {
          sent.add(put.item());
        } else if (request instanceof BatchWriteItemRequest batch) {
          batch
              .requestItems()
              .values()
              .forEach(all -> all.forEach(one -> sent.add(one.putRequest().item())));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void a_throttled_table_loses_nothing_keeps_order_and_gets_its_rate_back(Mode mode) {
    Throttle throttle = new Throttle();
    String table = Local.newName();
    try (DynamoDbAsyncClient client = Local.clientThrough(throttle);
        DynamoDbSink sink =
            DynamoDbSink.builder(table, mapping(mode))
                .mode(mode)
                .client(client)
                .maxUnitsPerSecond(ALLOWED)
                .build()) {
      throttle.sink = sink;
      sink.createTable(NewTable.payPerRequest());
      List<RangeItem<Message>> open = new ArrayList<>();
      for (int i = 0; i < RECORDS; i++) {
        open.add(item(1_000 + i, "{'key':'k" + i % KEYS + "','n':" + i + "}"));
      }
      for (int calls = 0; !open.isEmpty(); calls++) {
        assertThat(calls).as("deliveries").isLessThan(200);
        open = delivered(sink, open);
      }
      assertThat(throttle.refused.get()).isPositive();
      double adapted = sink.unitsPerSecond();
      assertThat(adapted).isLessThan(ALLOWED / 2.0);
      assertInOrder(throttle.sent, mode);
      assertThat(Local.scan(table)).hasSize(mode == Mode.ORDERED ? KEYS : RECORDS);

      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> sink.unitsPerSecond() > 1.2 * adapted);
    }
  }

  private static List<RangeItem<Message>> delivered(
      DynamoDbSink sink, List<RangeItem<Message>> open) {
    List<Outcome> outcomes;
    try {
      outcomes = sink.deliver(Items.range(open)).toCompletableFuture().join();
    } catch (CompletionException e) {
      assertThat(((SinkException) e.getCause()).needsSomebody()).isFalse();
      return open;
    }
    List<RangeItem<Message>> again = new ArrayList<>();
    for (int i = 0; i < outcomes.size(); i++) {
      if (outcomes.get(i) instanceof Outcome.Retry) {
        again.add(open.get(i));
      } else {
        assertThat(outcomes.get(i)).isNotInstanceOf(Outcome.Poison.class);
      }
    }
    return again;
  }

  private static void assertInOrder(List<Map<String, AttributeValue>> sent, Mode mode) {
    Map<String, Integer> last = new HashMap<>();
    for (Map<String, AttributeValue> item : sent) {
      String key = mode == Mode.ORDERED ? item.get("key").s() : item.get("id").s();
      int number = Integer.parseInt(item.get("n").n());
      assertThat(last.getOrDefault(key, -1)).as(key).isLessThan(number);
      last.put(key, number);
    }
    assertThat(last).hasSize(mode == Mode.ORDERED ? KEYS : RECORDS);
  }

  private static ItemMapping mapping(Mode mode) {
    return mode == Mode.ORDERED
        ? ItemMapping.builder("key").build()
        : ItemMapping.builder("id")
            .attribute(AttributeMapping.of("id", "$position", AttributeType.S))
            .attribute(AttributeMapping.of("n", "n", AttributeType.N))
            .build();
  }
}
