package io.millrace.lease.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.LeaseStoreException.Kind;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mockito.ArgumentCaptor;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.dynamodb.model.GetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.GetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.InternalServerErrorException;
import software.amazon.awssdk.services.dynamodb.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.dynamodb.model.RequestLimitExceededException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemResponse;

/** What a failure of DynamoDB, or of the way to it, becomes. */
class StoreFailuresTest {

  private static final SessionId ME = SessionId.create("me", 0, 0, 1);
  private static final Session SESSION =
      new Session(ME, 1, 6_000, 100, Integer.MAX_VALUE, null, false);

  private final DynamoDbAsyncClient client = mock(DynamoDbAsyncClient.class);
  private final DynamoDbLeaseStore store = DynamoDbLeaseStore.builder(client, "orders").build();

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(
            ProvisionedThroughputExceededException.builder().message("slow").build(),
            Kind.NO_ANSWER),
        Arguments.of(
            RequestLimitExceededException.builder().message("slow").build(), Kind.NO_ANSWER),
        Arguments.of(service("ThrottlingException", 400), Kind.NO_ANSWER),
        Arguments.of(
            InternalServerErrorException.builder().message("oops").statusCode(500).build(),
            Kind.NO_ANSWER),
        Arguments.of(service("ServiceUnavailable", 503), Kind.NO_ANSWER),
        Arguments.of(service("ExpiredTokenException", 400), Kind.NO_ANSWER),
        Arguments.of(service("UnrecognizedClientException", 400), Kind.NO_ANSWER),
        Arguments.of(service("TransactionConflictException", 400), Kind.NO_ANSWER),
        Arguments.of(SdkClientException.create("Unable to load credentials"), Kind.NO_ANSWER),
        Arguments.of(
            SdkClientException.create("Unable to execute HTTP request", new IOException("reset")),
            Kind.NO_ANSWER),
        Arguments.of(ApiCallTimeoutException.create(1_000), Kind.NO_ANSWER),
        Arguments.of(new IllegalStateException("Connection pool shut down"), Kind.NO_ANSWER),
        Arguments.of(new StackOverflowError("a bug"), Kind.NO_ANSWER),
        Arguments.of(
            ResourceNotFoundException.builder().message("not found").build(), Kind.TABLE_MISSING),
        Arguments.of(service("AccessDeniedException", 400), Kind.ACCESS_DENIED),
        Arguments.of(service("ValidationException", 400), Kind.INVALID));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void every_failure_becomes_a_kind_that_says_what_to_do(Throwable failure, Kind kind) {
    when(client.updateItem(any(UpdateItemRequest.class)))
        .thenReturn(CompletableFuture.failedFuture(new CompletionException(failure)));
    when(client.scan(any(ScanRequest.class)))
        .thenReturn(CompletableFuture.failedFuture(new CompletionException(failure)));

    assertThat(failureOf(store.beat(SESSION)).kind()).isEqualTo(kind);
    assertThat(failureOf(store.createPage(1)).kind()).isEqualTo(kind);
    assertThat(failureOf(store.scan()).kind()).isEqualTo(kind);
    assertThat(failureOf(store.scan())).hasCause(failure).hasMessageContaining("'orders'");
  }

  @Test
  void a_client_that_throws_at_once_fails_the_stage() {
    when(client.getItem(any(GetItemRequest.class)))
        .thenThrow(SdkClientException.create("no region"));

    assertThat(failureOf(store.readPage(0)).kind()).isEqualTo(Kind.NO_ANSWER);
  }

  @Test
  void a_missing_table_is_named_with_what_to_do_about_it() {
    when(client.updateItem(any(UpdateItemRequest.class)))
        .thenReturn(
            CompletableFuture.failedFuture(
                ResourceNotFoundException.builder().message("not found").build()));

    assertThat(failureOf(store.beat(SESSION)))
        .hasMessageContainingAll("UpdateItem", "'$sessions/0'", "'orders'", "never recreates");
  }

  @Test
  void a_missing_permission_is_named_with_the_table() {
    when(client.getItem(any(GetItemRequest.class)))
        .thenReturn(CompletableFuture.failedFuture(service("AccessDeniedException", 400)));

    assertThat(failureOf(store.readLease(LeaseKey.of("shard"))))
        .hasMessageContainingAll("dynamodb:GetItem", "'orders'", "'shard'", "DynamoDB's words");
  }

  @Test
  void a_table_that_is_really_missing_and_one_with_another_key_are_told_apart() {
    DynamoDbLeaseStore missing =
        DynamoDbLeaseStore.builder(LocalTables.client(), LocalTables.newName()).build();
    assertThat(failureOf(missing.scan()).kind()).isEqualTo(Kind.TABLE_MISSING);
    assertThat(failureOf(missing.beat(SESSION)).kind()).isEqualTo(Kind.TABLE_MISSING);

    String other = LeaseTableTest.tableWithKey("id");
    DynamoDbLeaseStore wrong = DynamoDbLeaseStore.builder(LocalTables.client(), other).build();
    assertThat(failureOf(wrong.beat(SESSION)))
        .hasMessageContainingAll(other, "partition key leaseKey")
        .extracting(LeaseStoreException::kind)
        .isEqualTo(Kind.INVALID);
    assertThat(failureOf(wrong.readPage(0)).kind()).isEqualTo(Kind.INVALID);
  }

  @Test
  void heartbeats_have_their_own_client_and_timeout() {
    DynamoDbAsyncClient beats = mock(DynamoDbAsyncClient.class);
    DynamoDbLeaseStore separate =
        DynamoDbLeaseStore.builder(client, "orders")
            .beatClient(beats)
            .beatTimeout(Duration.ofMillis(700))
            .requestTimeout(Duration.ofSeconds(9))
            .build();
    when(beats.updateItem(any(UpdateItemRequest.class)))
        .thenReturn(CompletableFuture.completedFuture(UpdateItemResponse.builder().build()));
    when(client.getItem(any(GetItemRequest.class)))
        .thenReturn(CompletableFuture.completedFuture(GetItemResponse.builder().build()));

    separate.beat(SESSION);

    verifyNoInteractions(client);
    ArgumentCaptor<UpdateItemRequest> beat = ArgumentCaptor.forClass(UpdateItemRequest.class);
    verify(beats).updateItem(beat.capture());
    assertThat(beat.getValue().overrideConfiguration().orElseThrow())
        .satisfies(
            o -> {
              assertThat(o.apiCallTimeout()).contains(Duration.ofMillis(700));
              assertThat(o.apiCallAttemptTimeout()).contains(Duration.ofMillis(700));
            });

    separate.readPage(0);

    ArgumentCaptor<GetItemRequest> read = ArgumentCaptor.forClass(GetItemRequest.class);
    verify(client).getItem(read.capture());
    assertThat(read.getValue().overrideConfiguration().orElseThrow())
        .satisfies(
            o -> {
              assertThat(o.apiCallTimeout()).contains(Duration.ofSeconds(9));
              assertThat(o.apiCallAttemptTimeout()).contains(Duration.ofMillis(4_500));
            });
  }

  @Test
  void an_endpoint_that_never_answers_is_no_answer() throws Exception {
    try (ServerSocket silent = new ServerSocket(0);
        DynamoDbAsyncClient hanging = clientOf("http://127.0.0.1:" + silent.getLocalPort())) {
      DynamoDbLeaseStore hangs =
          DynamoDbLeaseStore.builder(hanging, "orders").beatTimeout(Duration.ofMillis(50)).build();

      assertThat(failureOf(hangs.beat(SESSION)).kind()).isEqualTo(Kind.NO_ANSWER);
    }
  }

  @Test
  void an_endpoint_that_refuses_connections_is_no_answer() throws Exception {
    int closed;
    try (ServerSocket socket = new ServerSocket(0)) {
      closed = socket.getLocalPort();
    }
    try (DynamoDbAsyncClient refused = clientOf("http://127.0.0.1:" + closed)) {
      DynamoDbLeaseStore store = DynamoDbLeaseStore.builder(refused, "orders").build();

      assertThat(failureOf(store.beat(SESSION)).kind()).isEqualTo(Kind.NO_ANSWER);
    }
  }

  @Test
  void a_builder_refuses_what_cannot_work() {
    assertThatThrownBy(() -> DynamoDbLeaseStore.builder(client, " "))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> DynamoDbLeaseStore.builder(client, "orders").beatTimeout(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("beatTimeout", "PT0S");
    assertThatThrownBy(
            () ->
                DynamoDbLeaseStore.builder(client, "orders").requestTimeout(Duration.ofMillis(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("requestTimeout");
  }

  private static DynamoDbAsyncClient clientOf(String endpoint) {
    return DynamoDbAsyncClient.builder()
        .endpointOverride(URI.create(endpoint))
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
        .build();
  }

  static DynamoDbException service(String code, int status) {
    return (DynamoDbException)
        DynamoDbException.builder()
            .message("DynamoDB's words")
            .statusCode(status)
            .awsErrorDetails(
                AwsErrorDetails.builder()
                    .errorCode(code)
                    .errorMessage("DynamoDB's words")
                    .serviceName("DynamoDb")
                    .build())
            .build();
  }

  private static LeaseStoreException failureOf(CompletionStage<?> stage) {
    CompletableFuture<Throwable> seen = new CompletableFuture<>();
    stage.whenComplete((value, error) -> seen.complete(error));
    Throwable error = seen.join();
    assertThat(error).isInstanceOf(LeaseStoreException.class);
    return (LeaseStoreException) error;
  }
}
