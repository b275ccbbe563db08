package io.millrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

class WorkerStopTest {

  @Test
  void a_worker_whose_table_does_not_answer_stops_when_it_is_told_to() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      String endpoint = "http://127.0.0.1:" + silent.getLocalPort();
      Worker worker =
          new Worker(
              () -> (records, checkpointer) -> {},
              new KinesisClientLibConfiguration(
                      "application",
                      "stream",
                      StaticCredentialsProvider.create(AwsBasicCredentials.create("id", "secret")),
                      "worker")
                  .withRegionName("us-east-1")
                  .withKinesisEndpoint(endpoint)
                  .withDynamoDBEndpoint(endpoint));
      CompletableFuture<Void> run = CompletableFuture.runAsync(worker);
      try (Socket asked = silent.accept()) {
        assertThat(asked.getInputStream().read()).as("it asks for its table").isPositive();
        worker.startGracefulShutdown();
        // long before the table's patience is at its end
        run.get(30, TimeUnit.SECONDS);
      }
    }
  }
}
