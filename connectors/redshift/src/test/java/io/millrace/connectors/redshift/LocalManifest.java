package io.millrace.connectors.redshift;

import io.millrace.embedded.EmbeddedKinesis;
import java.util.concurrent.atomic.AtomicInteger;

/** New destinations of both stages, on the servers of this JVM. */
final class LocalManifest {
  /** It ends with this JVM. */
  static final EmbeddedKinesis KINESIS = EmbeddedKinesis.start();

  private static final AtomicInteger STREAMS = new AtomicInteger();

  private LocalManifest() {}

  static ManifestDestination newDestination() {
    String stream = "announcements-" + STREAMS.incrementAndGet();
    KINESIS.createStream(stream, 1);
    return new ManifestDestination(
        LocalRedshift.endpoint(),
        LocalRedshift.newBucket(),
        LocalRedshift.SERVER.jdbcUrl(),
        LocalRedshift.SERVER.user(),
        LocalRedshift.SERVER.password(),
        LocalRedshift.newSchema(),
        KINESIS.endpoint(),
        stream);
  }
}
