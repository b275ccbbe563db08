package io.millrace.lease.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.LeaseStoreException.Kind;
import io.millrace.lease.dynamodb.LeaseTable.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.ContinuousBackupsUnavailableException;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.CreateTableResponse;
import software.amazon.awssdk.services.dynamodb.model.DescribeTableRequest;
import software.amazon.awssdk.services.dynamodb.model.DescribeTableResponse;
import software.amazon.awssdk.services.dynamodb.model.InternalServerErrorException;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TableStatus;
import software.amazon.awssdk.services.dynamodb.model.Tag;
import software.amazon.awssdk.services.dynamodb.model.UpdateContinuousBackupsRequest;
import software.amazon.awssdk.services.dynamodb.model.UpdateContinuousBackupsResponse;

class LeaseTableTest {

  private final DynamoDbAsyncClient client = mock(DynamoDbAsyncClient.class);
  private final List<Duration> pauses = new ArrayList<>();

  // ---- on captured requests

  @Test
  void a_table_that_is_there_is_found_and_nothing_is_created() {
    describes(active());

    assertThat(ensure(table())).isEqualTo(Outcome.FOUND);
    verify(client, never()).createTable(any(CreateTableRequest.class));
    assertThat(pauses).isEmpty();
  }

  @Test
  void a_missing_table_is_created_to_pay_per_request_and_waited_for() {
    describes(
        missing(), description(TableStatus.CREATING), description(TableStatus.CREATING), active());
    creates(CompletableFuture.completedFuture(CreateTableResponse.builder().build()));

    assertThat(ensure(table())).isEqualTo(Outcome.CREATED);

    CreateTableRequest request = creation();
    assertThat(request.tableName()).isEqualTo("orders");
    assertThat(request.billingMode()).isEqualTo(BillingMode.PAY_PER_REQUEST);
    assertThat(request.provisionedThroughput()).isNull();
    assertThat(request.hasTags()).isFalse();
    assertThat(request.deletionProtectionEnabled()).isNull();
    assertThat(request.keySchema())
        .containsExactly(
            KeySchemaElement.builder().attributeName("leaseKey").keyType(KeyType.HASH).build());
    assertThat(request.attributeDefinitions())
        .containsExactly(
            AttributeDefinition.builder()
                .attributeName("leaseKey")
                .attributeType(ScalarAttributeType.S)
                .build());
    verify(client, never()).updateContinuousBackups(any(UpdateContinuousBackupsRequest.class));
    assertThat(pauses)
        .containsExactly(Duration.ofMillis(50), Duration.ofMillis(100), Duration.ofMillis(200));
  }

  @Test
  void a_table_is_created_as_asked_for() {
    describes(missing(), active());
    creates(CompletableFuture.completedFuture(CreateTableResponse.builder().build()));
    when(client.updateContinuousBackups(any(UpdateContinuousBackupsRequest.class)))
        .thenReturn(
            CompletableFuture.failedFuture(
                ContinuousBackupsUnavailableException.builder().message("not yet").build()))
        .thenReturn(
            CompletableFuture.completedFuture(UpdateContinuousBackupsResponse.builder().build()));

    Outcome outcome =
        ensure(
            table()
                .provisioned(7, 9)
                .tags(Map.of("team", "orders"))
                .pointInTimeRecovery(true)
                .deletionProtection(true));

    assertThat(outcome).isEqualTo(Outcome.CREATED);
    CreateTableRequest request = creation();
    assertThat(request.billingMode()).isEqualTo(BillingMode.PROVISIONED);
    assertThat(request.provisionedThroughput().readCapacityUnits()).isEqualTo(7);
    assertThat(request.provisionedThroughput().writeCapacityUnits()).isEqualTo(9);
    assertThat(request.tags()).containsExactly(Tag.builder().key("team").value("orders").build());
    assertThat(request.deletionProtectionEnabled()).isTrue();
    ArgumentCaptor<UpdateContinuousBackupsRequest> backups =
        ArgumentCaptor.forClass(UpdateContinuousBackupsRequest.class);
    verify(client, times(2)).updateContinuousBackups(backups.capture());
    assertThat(backups.getValue().tableName()).isEqualTo("orders");
    assertThat(backups.getValue().pointInTimeRecoverySpecification().pointInTimeRecoveryEnabled())
        .isTrue();
  }

  @Test
  void a_table_that_another_worker_creates_at_the_same_time_is_waited_for() {
    describes(missing(), description(TableStatus.CREATING), active());
    creates(
        CompletableFuture.failedFuture(ResourceInUseException.builder().message("busy").build()));

    assertThat(ensure(table().pointInTimeRecovery(true))).isEqualTo(Outcome.FOUND);
    verify(client, never()).updateContinuousBackups(any(UpdateContinuousBackupsRequest.class));
  }

  @Test
  void a_table_that_is_being_deleted_is_waited_for_and_created_anew() {
    describes(description(TableStatus.DELETING), missing(), active());
    creates(CompletableFuture.completedFuture(CreateTableResponse.builder().build()));

    assertThat(ensure(table())).isEqualTo(Outcome.CREATED);
  }

  @Test
  void a_creation_without_an_answer_is_tried_again() {
    describes(missing(), missing(), active());
    when(client.createTable(any(CreateTableRequest.class)))
        .thenReturn(
            CompletableFuture.failedFuture(
                InternalServerErrorException.builder().message("oops").build()))
        .thenReturn(
            CompletableFuture.failedFuture(
                ResourceInUseException.builder().message("it did exist").build()));

    assertThat(ensure(table())).isEqualTo(Outcome.CREATED);
    verify(client, times(2)).createTable(any(CreateTableRequest.class));
  }

  @Test
  void a_missing_table_that_may_not_be_created_is_said_to_be_missing() {
    describes(missing());

    assertThatThrownBy(() -> ensure(table().create(false)))
        .isInstanceOfSatisfying(
            LeaseStoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TABLE_MISSING))
        .hasMessageContainingAll("'orders'", "partition key leaseKey", "switched off");
    verify(client, never()).createTable(any(CreateTableRequest.class));
  }

  @Test
  void a_missing_permission_is_named() {
    describes(
        CompletableFuture.failedFuture(StoreFailuresTest.service("AccessDeniedException", 400)));
    assertThatThrownBy(() -> ensure(table()))
        .isInstanceOfSatisfying(
            LeaseStoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.ACCESS_DENIED))
        .hasMessageContainingAll("dynamodb:DescribeTable", "'orders'");

    describes(missing());
    creates(
        CompletableFuture.failedFuture(StoreFailuresTest.service("AccessDeniedException", 400)));
    assertThatThrownBy(() -> ensure(table()))
        .isInstanceOf(LeaseStoreException.class)
        .hasMessageContainingAll("dynamodb:CreateTable", "'orders'");
  }

  @Test
  void waiting_ends_and_says_what_for() {
    describes(description(TableStatus.CREATING));

    assertThatThrownBy(() -> ensure(table().patience(Duration.ofSeconds(30))))
        .isInstanceOfSatisfying(
            LeaseStoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NO_ANSWER))
        .hasMessageContainingAll("'orders'", "still CREATING");
    assertThat(pauses.stream().reduce(Duration.ZERO, Duration::plus))
        .isBetween(Duration.ofSeconds(25), Duration.ofSeconds(30));
    assertThat(pauses).allMatch(pause -> pause.compareTo(Duration.ofSeconds(5)) <= 0);
  }

  @Test
  void throttling_is_waited_out() {
    describes(
        CompletableFuture.failedFuture(StoreFailuresTest.service("ThrottlingException", 400)),
        active());

    assertThat(ensure(table())).isEqualTo(Outcome.FOUND);
    assertThat(pauses).hasSize(1);
  }

  @Test
  void a_table_in_a_state_that_does_not_pass_is_refused() {
    describes(description(TableStatus.ARCHIVED));

    assertThatThrownBy(() -> ensure(table()))
        .isInstanceOf(LeaseStoreException.class)
        .hasMessageContaining("ARCHIVED");
  }

  @Test
  void a_builder_refuses_what_cannot_work() {
    assertThatThrownBy(() -> table().provisioned(0, 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("read 0");
    assertThatThrownBy(() -> table().patience(Duration.ofSeconds(-1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> LeaseTable.builder(client, ""))
        .isInstanceOf(IllegalArgumentException.class);
  }

  // ---- on DynamoDB Local

  @Test
  void workers_that_start_together_find_one_table() {
    String name = LocalTables.newName();
    List<CompletableFuture<Outcome>> all =
        IntStream.range(0, 6)
            .mapToObj(
                i ->
                    local(name)
                        .tags(Map.of("made", "together"))
                        .deletionProtection(true)
                        .build()
                        .ensure()
                        .toCompletableFuture())
            .toList();

    assertThat(all.stream().map(CompletableFuture::join))
        .contains(Outcome.CREATED)
        .isSubsetOf(Outcome.CREATED, Outcome.FOUND);
    TableDescription made =
        LocalTables.client().describeTable(d -> d.tableName(name)).join().table();
    assertThat(made.billingModeSummary().billingMode()).isEqualTo(BillingMode.PAY_PER_REQUEST);
    assertThat(made.deletionProtectionEnabled()).isTrue();
    assertThat(local(name).create(false).build().ensure().toCompletableFuture().join())
        .isEqualTo(Outcome.FOUND);
  }

  @Test
  void a_table_with_another_key_is_refused_with_what_was_found() {
    String name = tableWithKey("id");

    assertThat(local(name).build().ensure().toCompletableFuture())
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableThat()
        .havingCause()
        .isInstanceOf(LeaseStoreException.class)
        .withMessageContainingAll(name, "HASH id (S)", "RANGE leaseKey (N)", "leaseKey, a string");
  }

  /** A table with a range key of the name that we use for the partition key. */
  static String tableWithKey(String hash) {
    String name = LocalTables.newName();
    LocalTables.client()
        .createTable(
            c ->
                c.tableName(name)
                    .billingMode(BillingMode.PAY_PER_REQUEST)
                    .keySchema(
                        KeySchemaElement.builder()
                            .attributeName(hash)
                            .keyType(KeyType.HASH)
                            .build(),
                        KeySchemaElement.builder()
                            .attributeName("leaseKey")
                            .keyType(KeyType.RANGE)
                            .build())
                    .attributeDefinitions(
                        AttributeDefinition.builder()
                            .attributeName(hash)
                            .attributeType(ScalarAttributeType.S)
                            .build(),
                        AttributeDefinition.builder()
                            .attributeName("leaseKey")
                            .attributeType(ScalarAttributeType.N)
                            .build()))
        .join();
    return name;
  }

  private static LeaseTable.Builder local(String name) {
    return LeaseTable.builder(LocalTables.client(), name)
        .delay(pause -> CompletableFuture.completedFuture(null));
  }

  // ---- helpers

  private LeaseTable.Builder table() {
    return LeaseTable.builder(client, "orders")
        .delay(
            pause -> {
              pauses.add(pause);
              return CompletableFuture.completedFuture(null);
            });
  }

  private static Outcome ensure(LeaseTable.Builder builder) {
    CompletableFuture<Outcome> result = builder.build().ensure().toCompletableFuture();
    assertThat(result).isDone();
    if (result.isCompletedExceptionally()) {
      Throwable[] error = new Throwable[1];
      result.whenComplete((outcome, e) -> error[0] = e);
      throw (RuntimeException) error[0];
    }
    return result.join();
  }

  @SafeVarargs
  @SuppressWarnings("varargs")
  private void describes(
      CompletableFuture<DescribeTableResponse> first,
      CompletableFuture<DescribeTableResponse>... more) {
    when(client.describeTable(any(DescribeTableRequest.class))).thenReturn(first, more);
  }

  private void creates(CompletableFuture<CreateTableResponse> answer) {
    when(client.createTable(any(CreateTableRequest.class))).thenReturn(answer);
  }

  private CreateTableRequest creation() {
    ArgumentCaptor<CreateTableRequest> request = ArgumentCaptor.forClass(CreateTableRequest.class);
    verify(client).createTable(request.capture());
    return request.getValue();
  }

  private static CompletableFuture<DescribeTableResponse> missing() {
    return CompletableFuture.failedFuture(
        ResourceNotFoundException.builder().message("not found").build());
  }

  private static CompletableFuture<DescribeTableResponse> active() {
    return description(TableStatus.ACTIVE);
  }

  private static CompletableFuture<DescribeTableResponse> description(TableStatus status) {
    return CompletableFuture.completedFuture(
        DescribeTableResponse.builder()
            .table(
                t ->
                    t.tableName("orders")
                        .tableStatus(status)
                        .keySchema(
                            KeySchemaElement.builder()
                                .attributeName("leaseKey")
                                .keyType(KeyType.HASH)
                                .build())
                        .attributeDefinitions(
                            AttributeDefinition.builder()
                                .attributeName("leaseKey")
                                .attributeType(ScalarAttributeType.S)
                                .build()))
            .build());
  }
}
