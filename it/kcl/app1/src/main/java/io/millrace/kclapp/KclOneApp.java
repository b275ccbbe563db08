package io.millrace.kclapp;

import com.amazonaws.auth.AWSCredentialsProvider;
import com.amazonaws.auth.AWSStaticCredentialsProvider;
import com.amazonaws.auth.BasicAWSCredentials;
import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.services.cloudwatch.AmazonCloudWatchClientBuilder;
import com.amazonaws.services.dynamodbv2.AmazonDynamoDBClientBuilder;
import com.amazonaws.services.kinesis.AmazonKinesisClientBuilder;
import com.amazonaws.services.kinesis.clientlibrary.interfaces.v2.IRecordProcessorFactory;
import com.amazonaws.services.kinesis.clientlibrary.lib.worker.InitialPositionInStream;
import com.amazonaws.services.kinesis.clientlibrary.lib.worker.KinesisClientLibConfiguration;
import com.amazonaws.services.kinesis.clientlibrary.lib.worker.Worker;
import com.amazonaws.services.kinesis.metrics.impl.NullMetricsFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A worker of the Kinesis Client Library, version 1. It takes the arguments of the program for
 * versions 2 and 3, but for {@code position} (it begins at {@code TRIM_HORIZON}) and {@code multi}.
 */
public final class KclOneApp {

  private static final String REGION = "us-east-1";
  private static final long FAILOVER_MILLIS = 2_000;

  private KclOneApp() {}

  public static void main(String[] args) throws Exception {
    System.setProperty("com.amazonaws.sdk.disableCbor", "true");
    Map<String, String> told = new TreeMap<>();
    Arrays.stream(args).map(arg -> arg.split("=", 2)).forEach(pair -> told.put(pair[0], pair[1]));
    AWSCredentialsProvider credentials =
        new AWSStaticCredentialsProvider(new BasicAWSCredentials("test", "test"));
    Ledger ledger = new Ledger(Path.of(told.get("ledger")), told.get("worker"));
    IRecordProcessorFactory factory = () -> new OneProcessor(ledger, told);
    Worker worker =
        new Worker.Builder()
            .recordProcessorFactory(factory)
            .config(
                new KinesisClientLibConfiguration(
                        told.get("application"),
                        told.get("stream"),
                        credentials,
                        told.get("worker"))
                    .withInitialPositionInStream(InitialPositionInStream.TRIM_HORIZON)
                    .withFailoverTimeMillis(FAILOVER_MILLIS)
                    .withShardSyncIntervalMillis(1_000)
                    .withParentShardPollIntervalMillis(500)
                    .withIdleTimeBetweenReadsInMillis(250))
            .kinesisClient(
                AmazonKinesisClientBuilder.standard()
                    .withCredentials(credentials)
                    .withEndpointConfiguration(at(told.get("kinesis")))
                    .build())
            .dynamoDBClient(
                AmazonDynamoDBClientBuilder.standard()
                    .withCredentials(credentials)
                    .withEndpointConfiguration(at(told.get("dynamodb")))
                    .build())
            .cloudWatchClient(
                AmazonCloudWatchClientBuilder.standard()
                    .withCredentials(credentials)
                    .withEndpointConfiguration(at("http://127.0.0.1:1")) // never asked
                    .build())
            .metricsFactory(new NullMetricsFactory())
            .build();
    Thread thread = new Thread(worker, "worker");
    thread.start();
    int read = System.in.read();
    if (read >= 0) {
      ledger.write("stopping");
      worker.startGracefulShutdown().get(60, TimeUnit.SECONDS);
      thread.join();
      ledger.write("stopped");
    }
    Runtime.getRuntime().halt(read >= 0 ? 0 : 3);
  }

  private static EndpointConfiguration at(String endpoint) {
    return new EndpointConfiguration(endpoint, REGION);
  }
}
