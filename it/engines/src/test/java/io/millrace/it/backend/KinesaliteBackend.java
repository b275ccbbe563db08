package io.millrace.it.backend;

import io.millrace.childserver.ChildServer;
import io.millrace.it.backend.EmbeddedBackend.DynamoAndS3;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * npm's kinesalite, with DynamoDB Local and S3Mock. It dates from before a closed shard named its
 * children, so what becomes of a shard has to be found out by listing.
 */
final class KinesaliteBackend implements Backend {

  private final NpmKinesis kinesis;
  private final DynamoAndS3 others;

  KinesaliteBackend() {
    // the SDK reads it when a client is made; this server's CBOR is not what the SDK can read
    System.setProperty("aws.cborEnabled", "false");
    int port = ChildServer.freePort();
    kinesis =
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
