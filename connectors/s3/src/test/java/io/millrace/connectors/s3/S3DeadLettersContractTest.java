package io.millrace.connectors.s3;

import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.contract.DeadLetterContract;
import io.millrace.connectors.contract.Gate;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;

class S3DeadLettersContractTest extends DeadLetterContract {

  private final S3DeadLetterProvider provider = new S3DeadLetterProvider();
  private final Gate gate = new Gate(LocalS3.endpoint());
  private final Values values =
      S3SinkProviderTest.values(
          S3Keys.DEAD_LETTERS, Map.of("bucket", LocalS3.newBucket(), "prefix", "dead/"));

  @AfterEach
  void closeGate() {
    gate.close();
  }

  private static Surroundings surroundings(URI endpoint) {
    return new Surroundings(
        "us-east-1", LocalS3.CREDENTIALS, Map.of("s3", endpoint), Path.of("."), "worker");
  }

  @Override
  protected DeadLetterDestination open() {
    return provider.open(values, surroundings(gate.endpoint()));
  }

  @Override
  protected DeadLetterSource source() {
    return provider.source(values, surroundings(LocalS3.endpoint()));
  }

  @Override
  protected void bringDown() {
    gate.shut();
  }

  @Override
  protected void bringUp() {
    gate.open();
  }

  @Override
  protected int largestPayload() {
    return 10 << 20;
  }
}
