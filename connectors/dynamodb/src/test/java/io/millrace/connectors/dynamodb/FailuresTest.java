package io.millrace.connectors.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connectors.sink.SinkException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;

class FailuresTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "ThrottlingError"
      })
  void a_table_that_is_asked_for_too_much_throttles(String code) {
    assertThat(judge(error(code, 400))).isInstanceOf(Verdict.Throttled.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TransactionConflictException",
        "TransactionConflict",
        "TransactionInProgressException"
      })
  void another_writer_of_the_row_is_waited_for(String code) {
    assertThat(judge(error(code, 400))).isInstanceOf(Verdict.Busy.class);
  }

  @Test
  void a_missing_permission_needs_somebody_and_is_named() {
    SinkException trouble = trouble(error("AccessDeniedException", 400));
    assertThat(trouble.needsSomebody()).isTrue();
    assertThat(trouble)
        .hasMessageContaining(
            "PutItem into table 'orders' was denied: allow dynamodb:PutItem on that table");
    Verdict transaction =
        Failures.judge(error("AccessDeniedException", 400), "TransactWriteItems", "orders");
    assertThat(((Verdict.Trouble) transaction).why())
        .hasMessageContaining("allow dynamodb:PutItem and dynamodb:UpdateItem");
  }

  @Test
  void a_missing_table_and_wrong_credentials_need_somebody() {
    assertThat(trouble(error("ResourceNotFoundException", 400)).needsSomebody()).isTrue();
    assertThat(trouble(error("UnrecognizedClientException", 400)).needsSomebody()).isTrue();
  }

  @Test
  void errors_of_the_service_timeouts_and_expired_credentials_pass() {
    assertThat(trouble(error("InternalServerError", 500)).needsSomebody()).isFalse();
    assertThat(trouble(error("SomethingNew", 503)).needsSomebody()).isFalse();
    assertThat(trouble(error("ExpiredTokenException", 400)).needsSomebody()).isFalse();
    assertThat(trouble(ApiCallTimeoutException.create(5_000)).needsSomebody()).isFalse();
    assertThat(trouble(new CompletionException(SdkClientException.create("reset"))))
        .hasMessageContaining("PutItem into table 'orders' got no answer")
        .matches(trouble -> !trouble.needsSomebody());
  }

  @Test
  void a_row_that_is_refused_is_unfit_unless_every_row_would_be() {
    assertThat(judge(error("ValidationException", 400, "Type mismatch for Index Key")))
        .isInstanceOfSatisfying(
            Verdict.Unfit.class,
            unfit ->
                assertThat(unfit.why())
                    .hasMessage("DynamoDB refuses the row: Type mismatch for Index Key."));
    SinkException trouble =
        trouble(
            error(
                "ValidationException", 400, "The provided key element does not match the schema"));
    assertThat(trouble.needsSomebody()).isTrue();
    assertThat(trouble).hasMessageContaining("partitionKey and sortKey");
    assertThat(judge(error("ItemCollectionSizeLimitExceededException", 400)))
        .isInstanceOf(Verdict.Unfit.class);
  }

  private static Verdict judge(Throwable error) {
    return Failures.judge(error, "PutItem", "orders");
  }

  private static SinkException trouble(Throwable error) {
    return ((Verdict.Trouble) judge(error)).why();
  }

  private static Throwable error(String code, int status) {
    return error(code, status, "says DynamoDB");
  }

  private static Throwable error(String code, int status, String message) {
    return DynamoDbException.builder()
        .message(message)
        .statusCode(status)
        .awsErrorDetails(AwsErrorDetails.builder().errorCode(code).errorMessage(message).build())
        .build();
  }
}
