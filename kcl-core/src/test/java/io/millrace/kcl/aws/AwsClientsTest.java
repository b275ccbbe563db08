package io.millrace.kcl.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verifyNoInteractions;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.millrace.kcl.ManualClock;
import io.millrace.kcl.stream.StreamException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** Against a plain HTTP server; the timeout only keeps a defect from hanging the build. */
@Timeout(60)
class AwsClientsTest {

  private static final AwsCredentialsProvider CREDENTIALS =
      () -> AwsBasicCredentials.create("id", "secret");

  private final ExecutorService serverThreads = Executors.newCachedThreadPool();
  private final CountDownLatch release = new CountDownLatch(1);
  private HttpServer server;
  private URI endpoint;

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(serverThreads);
    server.start();
    endpoint = URI.create("http://localhost:" + server.getAddress().getPort());
  }

  @AfterEach
  void stop() {
    release.countDown();
    server.stop(0);
    serverThreads.shutdownNow();
  }

  private AwsClients.Builder local() {
    return AwsClients.builder()
        .credentialsProvider(CREDENTIALS)
        .regionName("eu-west-1")
        .kinesisEndpoint(endpoint)
        .dynamoDbEndpoint(endpoint);
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    exchange.getResponseHeaders().add("Content-Type", "application/x-amz-json-1.0");
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void on_a_plain_endpoint_kinesis_is_spoken_to_in_http_1_1_and_errors_arrive_sorted() {
    AtomicReference<String> protocol = new AtomicReference<>();
    server.createContext(
        "/",
        exchange -> {
          protocol.set(exchange.getProtocol());
          exchange.getResponseHeaders().add("x-amzn-errortype", "ResourceNotFoundException");
          exchange.sendResponseHeaders(400, -1);
          exchange.close();
        });
    try (AwsClients clients = local().build()) {
      KinesisStreamSource source =
          new KinesisStreamSource(clients.kinesis(), "clicks", Optional.empty(), new ManualClock());
      assertThatThrownBy(() -> source.describe().toCompletableFuture().join())
          .cause()
          .isInstanceOfSatisfying(
              StreamException.class,
              e -> assertThat(e.kind()).isEqualTo(StreamException.Kind.NOT_FOUND))
          .hasMessageContaining("clicks")
          .hasMessageContaining(endpoint.toString());
    }
    assertThat(protocol.get()).isEqualTo("HTTP/1.1");
  }

  @Test
  void a_throttled_read_is_not_repeated_behind_the_workers_back() {
    CompletableFuture<String> second = new CompletableFuture<>();
    AtomicReference<String> first = new AtomicReference<>();
    server.createContext(
        "/",
        exchange -> {
          if (!first.compareAndSet(null, "seen")) {
            second.complete("seen");
          }
          exchange
              .getResponseHeaders()
              .add("x-amzn-errortype", "ProvisionedThroughputExceededException");
          exchange.sendResponseHeaders(400, -1);
          exchange.close();
        });
    try (AwsClients clients = local().build()) {
      assertThatThrownBy(() -> clients.kinesis().getRecords(r -> r.shardIterator("i")).join())
          .hasMessageContaining("ProvisionedThroughputExceeded");
    }
    assertThat(second).isNotDone();
  }

  @Test
  void continuations_run_on_a_named_thread_of_the_event_loop() {
    CountDownLatch chained = new CountDownLatch(1);
    server.createContext(
        "/",
        exchange -> {
          awaitQuietly(chained); // or the continuation would run on the thread that chains it
          answer(exchange, 200, "{}");
        });
    try (AwsClients clients = local().threadNamePrefix("worker-1").build()) {
      CompletableFuture<String> thread =
          clients.dynamoDb().listTables().thenApply(tables -> Thread.currentThread().getName());
      chained.countDown();
      assertThat(thread.join()).startsWith("worker-1-io-");
    }
  }

  @Test
  void a_heartbeat_that_hangs_is_given_up_and_the_next_gets_through() {
    AtomicReference<String> first = new AtomicReference<>();
    server.createContext(
        "/",
        exchange -> {
          if (first.compareAndSet(null, "hangs")) {
            awaitQuietly(release);
          }
          answer(exchange, 200, "{}");
        });
    try (AwsClients clients = local().heartbeatTimeout(Duration.ofMillis(300)).build()) {
      assertThatThrownBy(() -> clients.heartbeats().listTables().join())
          .hasCauseInstanceOf(SdkClientException.class);
      // slow machines: the second may take longer than the timeout too, so it is asked until it is
      // answered; the first one still hangs
      boolean answered = false;
      while (!answered) {
        answered =
            clients.heartbeats().listTables().handle((tables, failure) -> failure == null).join();
      }
      assertThat(release.getCount()).isEqualTo(1);
    }
  }

  @Test
  void credentials_are_resolved_on_a_thread_of_their_own() {
    server.createContext("/", exchange -> answer(exchange, 200, "{}"));
    AtomicReference<String> thread = new AtomicReference<>();
    AwsCredentialsProvider slow =
        () -> {
          thread.set(Thread.currentThread().getName());
          return AwsBasicCredentials.create("id", "secret");
        };
    try (AwsClients clients =
        local().credentialsProvider(slow).threadNamePrefix("worker-1").build()) {
      clients.dynamoDb().listTables().join();
      assertThat(thread.get()).isEqualTo("worker-1-credentials");
      thread.set(null);
      clients.heartbeats().listTables().join();
      assertThat(thread.get()).isEqualTo("worker-1-credentials");
      thread.set(null);
      clients.kinesis().listStreams().handle((streams, failure) -> failure).join();
      assertThat(thread.get()).isEqualTo("worker-1-credentials");
    }
  }

  @Test
  void credentials_that_cannot_be_had_fail_the_call_and_not_the_caller() {
    AwsCredentialsProvider none =
        () -> {
          throw SdkClientException.create("Unable to load credentials");
        };
    try (AwsClients clients = local().credentialsProvider(none).build()) {
      KinesisStreamSource source =
          new KinesisStreamSource(clients.kinesis(), "clicks", Optional.empty(), new ManualClock());
      assertThatThrownBy(() -> source.describe().toCompletableFuture().join())
          .cause()
          .isInstanceOfSatisfying(
              StreamException.class,
              e -> assertThat(e.kind()).isEqualTo(StreamException.Kind.UNAVAILABLE))
          .hasMessageContaining("Unable to load credentials");
    }
  }

  @Test
  void a_worker_has_few_threads_however_much_it_asks() {
    server.createContext("/", exchange -> answer(exchange, 200, "{}"));
    try (AwsClients clients = local().threadNamePrefix("few").build()) {
      List<CompletableFuture<?>> calls = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        calls.add(clients.dynamoDb().listTables());
        calls.add(clients.heartbeats().listTables().handle((tables, failure) -> tables));
      }
      calls.forEach(CompletableFuture::join);
      List<String> threads =
          Thread.getAllStackTraces().keySet().stream()
              .map(Thread::getName)
              .filter(name -> name.startsWith("few-") || name.startsWith("sdk-"))
              .toList();
      assertThat(threads).hasSizeLessThanOrEqualTo(7);
    }
  }

  @Test
  void clients_that_were_handed_in_are_used_and_never_closed() {
    KinesisAsyncClient kinesis = mock(KinesisAsyncClient.class);
    DynamoDbAsyncClient dynamoDb = mock(DynamoDbAsyncClient.class);
    try (AwsClients clients =
        AwsClients.builder().kinesisClient(kinesis).dynamoDbClient(dynamoDb).build()) {
      assertThat(clients.kinesis()).isSameAs(kinesis);
      assertThat(clients.dynamoDb()).isSameAs(dynamoDb);
      assertThat(clients.heartbeats()).isSameAs(dynamoDb);
    }
    verifyNoInteractions(kinesis, dynamoDb);
  }

  @Test
  void one_client_may_be_handed_in_and_the_others_made() {
    KinesisAsyncClient kinesis = mock(KinesisAsyncClient.class);
    try (AwsClients clients = local().kinesisClient(kinesis).build()) {
      assertThat(clients.kinesis()).isSameAs(kinesis);
      assertThat(clients.heartbeats()).isNotSameAs(clients.dynamoDb());
    }
    verifyNoInteractions(kinesis);
  }

  @Test
  void the_region_may_come_from_an_endpoint_of_aws() {
    AwsClients.Builder builder =
        AwsClients.builder()
            .kinesisEndpoint(URI.create("https://kinesis.ap-southeast-2.amazonaws.com"));
    assertThat(builder.resolveRegion()).isEqualTo(Region.AP_SOUTHEAST_2);
  }

  @Test
  void a_set_region_comes_first() {
    assertThat(local().regionName("us-west-2").resolveRegion()).isEqualTo(Region.US_WEST_2);
  }

  @Test
  void the_protocol_is_http_1_1_on_plain_endpoints_and_the_sdks_choice_elsewhere() {
    assertThat(local().kinesisProtocol()).isEqualTo(Protocol.HTTP1_1);
    assertThat(local().kinesisProtocol(Protocol.HTTP2).kinesisProtocol()).isEqualTo(Protocol.HTTP2);
    assertThat(local().kinesisEndpoint(URI.create("https://localhost:4567")).kinesisProtocol())
        .isNull();
    assertThat(local().kinesisEndpoint(null).kinesisProtocol()).isNull();
  }
}
