package io.millrace.it.backend;

import io.millrace.childserver.ChildServer;
import io.millrace.it.backend.EmbeddedBackend.DynamoAndS3;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * npm's kinesis-local, which is also the Kinesis inside of LocalStack, with DynamoDB Local and
 * S3Mock.
 */
final class KinesisLocalBackend implements Backend {

  private final NpmKinesis kinesis;
  private final DynamoAndS3 others;

  KinesisLocalBackend() {
    int port = ChildServer.freePort();
    kinesis =
        new NpmKinesis(
            "kinesis-local",
            List.of("main.js"),
            Map.of(
                "KINESIS_MOCK_PLAIN_PORT", Integer.toString(port),
                // it always opens this one too
                "KINESIS_MOCK_TLS_PORT", Integer.toString(ChildServer.freePort()),
                // its default of 50 shards in all is less than the suite makes
                "SHARD_LIMIT", "500"),
            port);
    others = DynamoAndS3.startBeside(kinesis);
  }

  @Override
  public Services services() {
    return Services.at(kinesis.endpoint(), others.dynamoDb().endpoint(), others.s3().endpoint());
  }

  @Override
  public SortedMap<String, String> engines() {
    SortedMap<String, String> engines = new TreeMap<>(DynamoAndS3.engines());
    engines.put("Kinesis", kinesis.engine());
    return engines;
  }

  @Override
  public void close() {
    kinesis.close();
    others.close();
  }
}
