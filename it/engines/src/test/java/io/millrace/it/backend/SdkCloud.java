package io.millrace.it.backend;

import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.Bucket;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;
import software.amazon.awssdk.services.s3.model.S3Object;

/** The SDK's clients on the services of a backend. */
final class SdkCloud implements Cloud, AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  final KinesisAsyncClient kinesis;
  final DynamoDbAsyncClient dynamoDb;
  final S3AsyncClient s3;

  SdkCloud(Services services) {
    kinesis =
        at(services, "kinesis", KinesisAsyncClient.builder().httpClientBuilder(http(services)))
            .build();
    dynamoDb = at(services, "dynamodb", DynamoDbAsyncClient.builder()).build();
    s3 =
        at(
                services,
                "s3",
                S3AsyncClient.builder().forcePathStyle(services.endpoint("s3").isPresent()))
            .build();
  }

  private static <B extends AwsClientBuilder<B, C>, C> B at(
      Services services, String service, B client) {
    client.region(Region.of(services.region())).credentialsProvider(services.credentials());
    Optional<URI> endpoint = services.endpoint(service);
    endpoint.ifPresent(client::endpointOverride);
    return client;
  }

  /** Without TLS nothing says which version of HTTP the server speaks; all speak 1.1. */
  private static NettyNioAsyncHttpClient.Builder http(Services services) {
    NettyNioAsyncHttpClient.Builder http = NettyNioAsyncHttpClient.builder();
    services.endpoint("kinesis").ifPresent(uri -> http.protocol(Protocol.HTTP1_1));
    return http;
  }

  @Override
  public void createStream(String name, int shards) {
    try {
      done(kinesis.createStream(r -> r.streamName(name).shardCount(shards)));
    } catch (software.amazon.awssdk.services.kinesis.model.ResourceInUseException e) {
      // names are used once: an attempt whose answer was lost has made it
    }
    awaitActive(name);
  }

  /** Until a stream is made or changed. */
  void awaitActive(String stream) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .until(
            () ->
                done(kinesis.describeStreamSummary(r -> r.streamName(stream)))
                        .streamDescriptionSummary()
                        .streamStatus()
                    == StreamStatus.ACTIVE);
  }

  @Override
  public void createBucket(String name) {
    done(
        s3.createBucket(
            r -> {
              r.bucket(name);
              Region region = s3.serviceClientConfiguration().region();
              if (!region.equals(Region.US_EAST_1)) {
                r.createBucketConfiguration(c -> c.locationConstraint(region.id()));
              }
            }));
  }

  @Override
  public void remove(Thing thing) {
    switch (thing.type()) {
      case STREAM -> removeStream(thing.name());
      case TABLE -> removeTable(thing.name());
      case BUCKET -> removeBucket(thing.name());
    }
  }

  private void removeStream(String name) {
    try {
      done(kinesis.deleteStream(r -> r.streamName(name).enforceConsumerDeletion(true)));
    } catch (ResourceNotFoundException e) {
      return;
    }
    await().atMost(PATIENCE).pollInterval(Duration.ofMillis(100)).until(() -> !streamExists(name));
  }

  private boolean streamExists(String name) {
    try {
      done(kinesis.describeStreamSummary(r -> r.streamName(name)));
      return true;
    } catch (ResourceNotFoundException e) {
      return false;
    }
  }

  private void removeTable(String name) {
    await().atMost(PATIENCE).pollInterval(Duration.ofMillis(500)).until(() -> tableIsGone(name));
  }

  /** Asks for it again until it is: a table that is being made cannot be deleted yet. */
  private boolean tableIsGone(String name) {
    try {
      done(dynamoDb.deleteTable(r -> r.tableName(name)));
    } catch (software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException e) {
      return true;
    } catch (ResourceInUseException e) {
      return false;
    }
    return false;
  }

  private void removeBucket(String name) {
    try {
      for (S3Object object : done(s3.listObjectsV2(r -> r.bucket(name))).contents()) {
        done(s3.deleteObject(r -> r.bucket(name).key(object.key())));
      }
      done(s3.deleteBucket(r -> r.bucket(name)));
    } catch (NoSuchBucketException e) {
      return;
    }
  }

  @Override
  public List<Thing> startingWith(String prefix) {
    List<Thing> found = new ArrayList<>();
    kinesis
        .listStreamsPaginator()
        .streamNames()
        .filter(name -> name.startsWith(prefix))
        .subscribe(name -> add(found, Type.STREAM, name))
        .join();
    dynamoDb
        .listTablesPaginator()
        .tableNames()
        .filter(name -> name.startsWith(prefix))
        .subscribe(name -> add(found, Type.TABLE, name))
        .join();
    done(s3.listBuckets()).buckets().stream()
        .map(Bucket::name)
        .filter(name -> name.startsWith(prefix))
        .forEach(name -> add(found, Type.BUCKET, name));
    return found;
  }

  private static void add(List<Thing> found, Type type, String name) {
    synchronized (found) {
      found.add(new Thing(type, name));
    }
  }

  /** The answer, which comes soon; the SDK's own exception if there is none. */
  static <T> T done(Future<T> future) {
    try {
      return future.get(60, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new CompletionException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (TimeoutException e) {
      throw new IllegalStateException("no answer for a minute", e);
    }
  }

  @Override
  public void close() {
    kinesis.close();
    dynamoDb.close();
    s3.close();
  }
}
