package io.millrace.embedded.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.embedded.EmbeddedKinesis;
import java.net.URI;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

class EmbeddedKinesisExtensionTest {
  @RegisterExtension static final EmbeddedKinesisExtension kinesis = new EmbeddedKinesisExtension();

  @Test
  void a_test_gets_a_server_that_a_client_can_use(EmbeddedKinesis server) {
    server.createStream("clicks", 1);
    try (KinesisClient client = client(server.endpoint())) {
      client.putRecord(
          r -> r.streamName("clicks").partitionKey("user").data(SdkBytes.fromUtf8String("hello")));
      String iterator =
          client
              .getShardIterator(
                  r ->
                      r.streamName("clicks")
                          .shardId("shardId-000000000000")
                          .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
              .shardIterator();

      assertThat(client.getRecords(r -> r.shardIterator(iterator)).records().get(0).data())
          .isEqualTo(SdkBytes.fromUtf8String("hello"));
    }
  }

  @Test
  void the_parameter_is_the_server_of_the_field(EmbeddedKinesis server) {
    assertThat(server).isSameAs(kinesis.server());
  }

  @Test
  void outside_of_tests_there_is_no_server() {
    assertThatThrownBy(() -> new EmbeddedKinesisExtension().server())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("@RegisterExtension");
  }

  @Nested
  class InANestedClass {
    @Test
    void the_server_is_that_of_the_class_around_it(EmbeddedKinesis server) {
      assertThat(server).isSameAs(kinesis.server());
      assertThat(server.endpoint().getPort()).isPositive();
    }
  }

  private static final class PerTest {
    static final Set<EmbeddedKinesis> seen = new HashSet<>();
  }

  @Nested
  class InAnInstanceField {
    @RegisterExtension final EmbeddedKinesisExtension own = new EmbeddedKinesisExtension();

    @RepeatedTest(2)
    void every_test_has_a_server_of_its_own() {
      own.server().createStream("only-here", 1);
      assertThat(PerTest.seen.add(own.server())).isTrue();
      assertThat(own.server()).isNotSameAs(kinesis.server());
    }
  }

  private static KinesisClient client(URI endpoint) {
    return KinesisClient.builder()
        .endpointOverride(endpoint)
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "body")))
        .build();
  }
}
