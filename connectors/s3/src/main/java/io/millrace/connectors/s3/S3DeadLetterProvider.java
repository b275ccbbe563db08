package io.millrace.connectors.s3;

import io.millrace.connectors.config.DeadLetterProvider;
import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import java.time.Duration;
import java.util.List;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/** {@code deadLetter.type: s3}. */
public final class S3DeadLetterProvider implements DeadLetterProvider {
  private static final int CONCURRENCY = 32;
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @Override
  public Section section() {
    return S3Keys.DEAD_LETTERS;
  }

  @Override
  public DeadLetterDestination open(Values values, Surroundings surroundings) {
    return new S3DeadLetters(
        client(values, surroundings),
        true,
        values.get(S3Keys.BUCKET),
        values.get(S3Keys.LETTERS_PREFIX));
  }

  @Override
  public DeadLetterSource source(Values values, Surroundings surroundings) {
    return new S3DeadLetterSource(
        client(values, surroundings), values.get(S3Keys.BUCKET), values.get(S3Keys.LETTERS_PREFIX));
  }

  @Override
  public List<Finding> check(Values values, Surroundings surroundings) {
    S3SinkBuilder builder =
        S3Sink.builder(
                values.get(S3Keys.BUCKET), region(values, surroundings), surroundings.credentials())
            .endpoint(
                values.find(S3Keys.ENDPOINT).or(() -> surroundings.endpoint("s3")).orElse(null))
            .prefix(values.get(S3Keys.LETTERS_PREFIX));
    try (BucketCheck check = new BucketCheck(builder)) {
      return check.runWithoutSpilling();
    }
  }

  @Override
  public String explain(Values values) {
    return "Dead letters become objects s3://"
        + values.get(S3Keys.BUCKET)
        + "/"
        + values.get(S3Keys.LETTERS_PREFIX)
        + "STREAM/SHARD/POSITION"
        + S3DeadLetters.SUFFIX
        + ", each with its payload, error and position as JSON.";
  }

  private static String region(Values values, Surroundings surroundings) {
    return values.find(S3Keys.REGION).orElse(surroundings.region());
  }

  /** The keys are those of the sink too. */
  static S3AsyncClient client(Values values, Surroundings surroundings) {
    return S3Clients.open(
        region(values, surroundings),
        values.find(S3Keys.ENDPOINT).or(() -> surroundings.endpoint("s3")).orElse(null),
        surroundings.credentials(),
        CONCURRENCY,
        TIMEOUT);
  }
}
