package io.millrace.kcl.aws;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.kcl.stream.StreamException;
import io.millrace.kcl.stream.StreamException.Kind;
import io.millrace.lease.LeaseKey;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

class StreamErrorsTest {

  private static final LeaseKey SHARD = LeaseKey.of("shardId-000000000003");

  private final StreamErrors errors = new StreamErrors("stream 'clicks' in region eu-west-1");

  private Kind kindOf(Throwable failure) {
    return errors.translate("GetRecords", SHARD, failure).kind();
  }

  private static Throwable answer(String code, int status) {
    return KinesisException.builder()
        .statusCode(status)
        .awsErrorDetails(AwsErrorDetails.builder().errorCode(code).errorMessage("said").build())
        .build();
  }

  @ParameterizedTest
  @CsvSource({
    "ProvisionedThroughputExceededException, 400, THROTTLED",
    "LimitExceededException, 400, THROTTLED",
    "ThrottlingException, 400, THROTTLED",
    "KMSThrottlingException, 400, THROTTLED",
    "SomethingNew, 429, THROTTLED",
    "ExpiredIteratorException, 400, EXPIRED_ITERATOR",
    "ResourceNotFoundException, 400, NOT_FOUND",
    "AccessDeniedException, 400, ACCESS_DENIED",
    "AccessDeniedException, 403, ACCESS_DENIED",
    "KMSAccessDeniedException, 400, ACCESS_DENIED",
    "InvalidArgumentException, 400, INVALID",
    "ValidationException, 400, INVALID",
    "SerializationException, 400, INVALID",
    "UnknownOperationException, 400, INVALID",
    "SomethingNew, 400, INVALID",
    "ExpiredTokenException, 400, UNAVAILABLE",
    "ExpiredTokenException, 403, UNAVAILABLE",
    "RequestExpired, 400, UNAVAILABLE",
    "UnrecognizedClientException, 400, UNAVAILABLE",
    "MissingAuthenticationTokenException, 400, UNAVAILABLE",
    "InvalidSignatureException, 400, UNAVAILABLE",
    "ResourceInUseException, 400, UNAVAILABLE",
    "ExpiredNextTokenException, 400, UNAVAILABLE",
    "KMSDisabledException, 400, UNAVAILABLE",
    "InternalFailure, 500, UNAVAILABLE",
    "ServiceUnavailable, 503, UNAVAILABLE",
    "SomethingNew, 403, UNAVAILABLE",
  })
  void an_error_code_decides(String code, int status, Kind kind) {
    assertThat(kindOf(answer(code, status))).isEqualTo(kind);
    assertThat(kindOf(new CompletionException(answer(code, status)))).isEqualTo(kind);
  }

  static List<Arguments> classes() {
    return List.of(
        Arguments.of(ProvisionedThroughputExceededException.builder().build(), Kind.THROTTLED),
        Arguments.of(LimitExceededException.builder().build(), Kind.THROTTLED),
        Arguments.of(ExpiredIteratorException.builder().build(), Kind.EXPIRED_ITERATOR),
        Arguments.of(ResourceNotFoundException.builder().build(), Kind.NOT_FOUND),
        Arguments.of(InvalidArgumentException.builder().build(), Kind.INVALID),
        Arguments.of(ApiCallTimeoutException.create(1_000), Kind.UNAVAILABLE),
        Arguments.of(ApiCallAttemptTimeoutException.create(1_000), Kind.UNAVAILABLE),
        Arguments.of(SdkClientException.create("Unable to load credentials"), Kind.UNAVAILABLE),
        Arguments.of(new IOException("connection reset"), Kind.UNAVAILABLE));
  }

  @ParameterizedTest
  @MethodSource("classes")
  void without_a_code_the_class_decides(Throwable failure, Kind kind) {
    assertThat(kindOf(failure)).isEqualTo(kind);
  }

  @Test
  void a_stream_that_does_not_exist_is_named_with_what_to_check() {
    StreamException failure =
        errors.translate("DescribeStreamSummary", null, answer("ResourceNotFoundException", 400));
    assertThat(failure)
        .hasMessageContaining("DescribeStreamSummary")
        .hasMessageContaining("stream 'clicks' in region eu-west-1")
        .hasMessageContaining("account");
  }

  @Test
  void a_refusal_names_the_permission_that_is_missing() {
    assertThat(errors.translate("GetRecords", SHARD, answer("AccessDeniedException", 400)))
        .hasMessageContaining("kinesis:GetRecords")
        .hasMessageContaining(SHARD.value());
  }

  @Test
  void what_is_translated_already_stays_as_it_is() {
    StreamException failure = errors.translate("GetRecords", SHARD, answer("Throttling", 400));
    assertThat(errors.translate("ListShards", null, new CompletionException(failure)))
        .isSameAs(failure);
  }
}
