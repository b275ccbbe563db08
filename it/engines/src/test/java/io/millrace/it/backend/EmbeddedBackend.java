package io.millrace.it.backend;

import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.embedded.EmbeddedKinesis;
import io.millrace.s3mock.S3Mock;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;

/** The embedded Kinesis, DynamoDB Local and S3Mock. */
final class EmbeddedBackend implements Backend {

  private final MovedClock clock = new MovedClock();
  private final EmbeddedKinesis kinesis = EmbeddedKinesis.builder().clock(clock).start();
  private final DynamoAndS3 others = DynamoAndS3.startBeside(kinesis);

  @Override
  public Services services() {
    return Services.at(kinesis.endpoint(), others.dynamoDb().endpoint(), others.s3().endpoint());
  }

  @Override
  public SortedMap<String, String> engines() {
    SortedMap<String, String> engines = new TreeMap<>(DynamoAndS3.engines());
    engines.put("Kinesis", "embedded/kinesis of this build");
    return engines;
  }

  /** At once: the server's clock is moved. */
  @Override
  public void letTimePass(Duration time) {
    clock.advance(time);
  }

  @Override
  public void close() {
    others.close();
    kinesis.close();
  }

  /** DynamoDB Local and S3Mock, which go with every Kinesis that brings none of its own. */
  record DynamoAndS3(DynamoDbLocal dynamoDb, S3Mock s3) implements AutoCloseable {

    /** Closes the given Kinesis if they do not start. */
    static DynamoAndS3 startBeside(AutoCloseable kinesis) {
      DynamoDbLocal dynamoDb = null;
      try {
        dynamoDb = DynamoDbLocal.start();
        return new DynamoAndS3(dynamoDb, S3Mock.start());
      } catch (RuntimeException e) {
        try (AutoCloseable first = kinesis;
            AutoCloseable second = dynamoDb) {
          throw e;
        } catch (RuntimeException same) {
          throw same;
        } catch (Exception closing) {
          e.addSuppressed(closing);
          throw e;
        }
      }
    }

    static SortedMap<String, String> engines() {
      return new TreeMap<>(
          Map.of(
              "DynamoDB", "DynamoDB Local " + System.getProperty("it.version.dynamodb-local"),
              "S3", "S3Mock " + System.getProperty("it.version.s3mock")));
    }

    @Override
    public void close() {
      s3.close();
      dynamoDb.close();
    }
  }

  /** The system's clock, moved forward by what the tests do not want to wait for. */
  private static final class MovedClock extends Clock {
    private final Clock system = Clock.systemUTC();
    private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);

    void advance(Duration by) {
      ahead.updateAndGet(duration -> duration.plus(by));
    }

    @Override
    public Instant instant() {
      return system.instant().plus(ahead.get());
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException("this clock is in UTC only");
    }
  }
}
