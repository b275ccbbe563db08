package io.millrace.samples.connectors;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.s3.Compression;
import io.millrace.connectors.s3.Format;
import io.millrace.connectors.s3.S3Sink;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.kcl.Record;
import io.millrace.s3mock.S3Mock;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/** What the S3 sink stores is what the sample reads. */
class ReadObjectsTest {

  private static final AwsCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));
  private static final String BUCKET = "sample";
  private static final Instant ARRIVAL = Instant.parse("2026-11-22T10:00:00Z");

  private static S3Mock s3;
  private static S3AsyncClient client;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeAll
  static void start() {
    s3 = S3Mock.start();
    client =
        S3AsyncClient.builder()
            .endpointOverride(s3.endpoint())
            .region(Region.US_EAST_1)
            .forcePathStyle(true)
            .credentialsProvider(CREDENTIALS)
            .build();
    client.createBucket(r -> r.bucket(BUCKET)).join();
  }

  @AfterAll
  static void stop() {
    client.close();
    s3.close();
  }

  private static void store(String prefix, Compression compression, String writer, String... texts)
      throws Exception {
    try (S3Sink sink =
        S3Sink.builder(BUCKET, "us-east-1", CREDENTIALS)
            .endpoint(s3.endpoint())
            .prefix(prefix)
            .format(Format.NDJSON)
            .compression(compression)
            .build()) {
      RangeStart start = new RangeStart("clicks", "shard-0", at(1), ARRIVAL, ARRIVAL);
      List<RangeItem<Message>> items = new ArrayList<>();
      for (int i = 0; i < texts.length; i++) {
        Record record =
            Record.builder()
                .partitionKey("key")
                .sequenceNumber(sequence(i + 1))
                .data(texts[i].getBytes(StandardCharsets.UTF_8))
                .build();
        items.add(new RangeItem<>(record, 0, Message.of(record)));
      }
      sink.commit(
              new RecordRange<>(
                  start, sink.nameFor(start), at(texts.length), items, List.of(), 0, writer, 1))
          .toCompletableFuture()
          .get(60, TimeUnit.SECONDS);
    }
  }

  private static String sequence(int number) {
    return "496543210987654321" + number;
  }

  private static Checkpoint at(int number) {
    return Checkpoint.at(SequenceNumber.of(sequence(number)), 0);
  }

  private String read(String prefix) {
    ReadObjects.read(client, BUCKET, prefix, out, new PrintStream(err, true));
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void objects_that_are_their_own_commit_records_are_printed_and_those_of_others_are_not()
      throws Exception {
    for (Compression compression :
        List.of(Compression.NONE, Compression.GZIP, Compression.ZSTD, Compression.SNAPPY)) {
      store("plain/" + compression + "/", compression, "a", "{\"n\":1}", "{\"n\":2}");
    }
    client
        .putObject(
            r -> r.bucket(BUCKET).key("plain/notes.txt"), AsyncRequestBody.fromString("notes"))
        .join();

    assertThat(read("plain/")).isEqualTo("{\"n\":1}\n{\"n\":2}\n".repeat(4));
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("4 objects; 0 manifests; 1 objects are no commit records");
  }

  @Test
  void of_two_workers_that_stored_one_range_only_what_the_manifest_names_is_printed()
      throws Exception {
    String prefix = "by/country=!{partitionKey:country}/";
    store(prefix, Compression.GZIP, "a", "{\"country\":\"DE\"}", "{\"country\":\"NO\"}");
    store(prefix, Compression.GZIP, "b", "{\"country\":\"DE\"}", "{\"country\":\"NO\"}");

    assertThat(read("by/").lines())
        .containsExactlyInAnyOrder("{\"country\":\"DE\"}", "{\"country\":\"NO\"}");
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("2 objects; 1 manifests; 4 objects");
  }

  @Test
  void other_arguments_and_missing_buckets_are_refused_with_what_to_do() {
    PrintStream said = new PrintStream(err, true);

    assertThat(ReadObjects.run(new String[] {"logs"}, System.out, said)).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("[logs] is not allowed; allowed: BUCKET PREFIX [ENDPOINT]");
    assertThat(ReadObjects.run(new String[] {"logs", "a/", "no url"}, System.out, said))
        .isEqualTo(1);
  }
}
