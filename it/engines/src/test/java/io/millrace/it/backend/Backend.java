package io.millrace.it.backend;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.SortedMap;

/** A Kinesis, a DynamoDB and an S3 that are running, and what is particular about them. */
interface Backend extends AutoCloseable {

  Services services();

  /** What runs there: by service, the engine and its version. */
  SortedMap<String, String> engines();

  /**
   * Returns when this time has passed on the server of the streams. It really waits, unless the
   * server's clock is one that can be moved, which is so with our own only.
   */
  default void letTimePass(Duration time) {
    await().pollDelay(time).atMost(time.plusSeconds(60)).until(() -> true);
  }

  /** Ends what was started for the run; calling it again does nothing. */
  @Override
  void close();
}
