package io.millrace.connectors.deadletter;

import io.millrace.connectors.config.ConfigException;
import io.millrace.connectors.config.DeadLetterProvider;
import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.PipelineKeys;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.kcl.aws.AwsClients;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;

/** Dead letters in a Kinesis stream of their own: {@code deadLetter.type: kinesis}. */
public final class KinesisDeadLetterProvider implements DeadLetterProvider {

  private static final int SECONDS = 15;

  private static final Key<String> STREAM =
      Key.parsed(
              "stream",
              "a stream's name of a-z A-Z 0-9 _ . -",
              value -> {
                if (!value.trim().matches("[a-zA-Z0-9_.-]{1,128}")) {
                  throw new IllegalArgumentException("it is none");
                }
                return value.trim();
              })
          .required()
          .describedAs("The stream that takes the letters; any but the one that is read.");
  private static final Key<String> REGION =
      Key.text("region").describedAs("The stream's region, if it is not that of the source.");
  private static final Key<URI> ENDPOINT = Endpoints.key("Kinesis");

  private static final Section SECTION =
      new Section(
          "kinesis",
          "A stream that exists, a record of JSON for each letter, gzipped if it would be too"
              + " large; a letter lives as long as the stream's retention.",
          List.of(STREAM, REGION, ENDPOINT));

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public Optional<ConfigException> refusal(Values values, Values source) {
    String read = source.find(PipelineKeys.Source.STREAM).orElse("");
    String name = read.substring(read.lastIndexOf('/') + 1);
    return values
        .find(STREAM)
        .filter(name::equals)
        .map(
            stream ->
                values.refuse(
                    STREAM,
                    "'"
                        + stream
                        + "' is the stream that is read (source.stream): its dead letters would be"
                        + " processed again; allowed: any other stream"));
  }

  @Override
  public DeadLetterDestination open(Values values, Surroundings surroundings) {
    return KinesisDeadLetters.builder(values.get(STREAM))
        .credentials(surroundings.credentials())
        .region(region(values, surroundings))
        .endpoint(endpoint(values, surroundings))
        .build();
  }

  @Override
  public DeadLetterSource source(Values values, Surroundings surroundings) {
    AwsClients clients = clients(values, surroundings);
    return new KinesisDeadLetterSource(clients.kinesis(), clients, values.get(STREAM));
  }

  @Override
  public List<Finding> check(Values values, Surroundings surroundings) {
    String stream = values.get(STREAM);
    String what = "dead letters: stream " + stream;
    try (AwsClients clients = clients(values, surroundings)) {
      StreamDescriptionSummary summary =
          clients
              .kinesis()
              .describeStreamSummary(r -> r.streamName(stream))
              .orTimeout(SECONDS, TimeUnit.SECONDS)
              .join()
              .streamDescriptionSummary();
      return List.of(
          Finding.good(
              what
                  + " is "
                  + summary.streamStatusAsString()
                  + " and keeps letters for "
                  + summary.retentionPeriodHours()
                  + " h; kinesis:PutRecords was not tried"));
    } catch (RuntimeException e) {
      return List.of(
          Finding.bad(
              what
                  + " in "
                  + region(values, surroundings)
                  + ": "
                  + KinesisErrors.explain(
                      LetterSender.cause(e),
                      stream,
                      "kinesis:DescribeStreamSummary and kinesis:PutRecords")));
    }
  }

  @Override
  public String explain(Values values) {
    return "A record that cannot be transformed or stored becomes a record of the stream "
        + values.get(STREAM)
        + ", with its payload, shard, sequence number and error as JSON, under its own partition"
        + " key; processing goes on behind it.";
  }

  private static String region(Values values, Surroundings surroundings) {
    return values.find(REGION).orElse(surroundings.region());
  }

  private static URI endpoint(Values values, Surroundings surroundings) {
    // another region has another endpoint
    return values
        .find(ENDPOINT)
        .or(() -> values.isSet(REGION) ? Optional.empty() : surroundings.endpoint("kinesis"))
        .orElse(null);
  }

  private static AwsClients clients(Values values, Surroundings surroundings) {
    return AwsClients.builder()
        .credentialsProvider(surroundings.credentials())
        .regionName(region(values, surroundings))
        .kinesisEndpoint(endpoint(values, surroundings))
        .threadNamePrefix("millrace-dead-letters")
        .build();
  }
}
