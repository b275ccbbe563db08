package io.millrace.it.backend;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.awaitility.core.ConditionTimeoutException;

/** Whether a server answers. */
final class Readiness {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration ONE_REQUEST = Duration.ofSeconds(5);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(ONE_REQUEST)
          .build();

  /** Waits for any answer to ListStreams that is not an error. */
  void awaitKinesis(String name, URI endpoint, ChildProcess child) {
    try {
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(200))
          .until(() -> answers(endpoint) || !child.isAlive());
    } catch (ConditionTimeoutException e) {
      throw new NotStartedException(
          name
              + " does not answer at "
              + endpoint
              + " after "
              + PATIENCE.toSeconds()
              + " s; its last lines:\n"
              + child.lastOutput(),
          e);
    }
    if (!child.isAlive()) {
      throw new NotStartedException(
          name + " ended while it was starting; its last lines:\n" + child.lastOutput());
    }
  }

  /** Whether there is a Kinesis that lists its streams. */
  boolean answers(URI endpoint) {
    try {
      return http.send(
                  HttpRequest.newBuilder(endpoint)
                      .timeout(ONE_REQUEST)
                      .header("Content-Type", "application/x-amz-json-1.1")
                      .header("X-Amz-Target", "Kinesis_20131202.ListStreams")
                      .header(
                          "Authorization",
                          "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kinesis/aws4_request,"
                              + " SignedHeaders=host, Signature=none")
                      .header("X-Amz-Date", "20260101T000000Z")
                      .POST(HttpRequest.BodyPublishers.ofString("{}"))
                      .build(),
                  HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NotStartedException("Interrupted while waiting for " + endpoint, e);
    }
  }
}
