package io.millrace.it.backend;

import io.millrace.childserver.ChildServer;
import io.millrace.it.backend.EmbeddedBackend.DynamoAndS3;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** A Kinesis of npm, with DynamoDB Local and S3Mock. */
final class NpmBackend implements Backend {

  private final NpmKinesis kinesis;
  private final DynamoAndS3 others;

  private NpmBackend(NpmKinesis kinesis) {
    this.kinesis = kinesis;
    this.others = DynamoAndS3.startBeside(kinesis);
  }

  /** kinesis-local, which is also the Kinesis inside of LocalStack. */
  static NpmBackend kinesisLocal() {
    int port = ChildServer.freePort();
    return new NpmBackend(
        new NpmKinesis(
            "kinesis-local",
            List.of("main.js"),
            Map.of(
                "KINESIS_MOCK_PLAIN_PORT", Integer.toString(port),
                // it always opens this one too
                "KINESIS_MOCK_TLS_PORT", Integer.toString(ChildServer.freePort()),
                // its default of 50 shards in all is less than the suite makes
                "SHARD_LIMIT", "500"),
            port));
  }

  /**
   * kinesalite. It dates from before a closed shard named its children, so what becomes of a shard
   * has to be found out by listing.
   */
  static NpmBackend kinesalite() {
    // the SDK reads it when a client is made; this server's CBOR is not what the SDK can read
    System.setProperty("aws.cborEnabled", "false");
    int port = ChildServer.freePort();
    return new NpmBackend(
        new NpmKinesis(
            "kinesalite",
            List.of(
                "cli.js",
                "--port",
                Integer.toString(port),
                // its default of 10 shards in all is less than the suite makes
                "--shardLimit",
                "500"),
            Map.of(),
            port));
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
