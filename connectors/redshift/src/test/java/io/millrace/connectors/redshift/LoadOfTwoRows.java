package io.millrace.connectors.redshift;

import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Commit;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.embedded.redshift.Faults;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** A range of three records, one of them none that can be stored, and a table of its own. */
abstract class LoadOfTwoRows {
  static final Faults FAULTS = LocalRedshift.SERVER.faults();
  static final Duration PATIENCE = Duration.ofSeconds(30);

  final String bucket = LocalRedshift.newBucket();
  final String schema = LocalRedshift.newSchema();

  @AfterEach
  void noFaults() {
    FAULTS.clear();
  }

  final RedshiftSink open() {
    return LocalRedshift.sink(bucket, schema).build();
  }

  static Commit commit(RedshiftSink sink, RecordRange<Message> range) {
    return sink.commit(range).toCompletableFuture().join();
  }

  static RecordRange<Message> range(RedshiftSink sink) {
    return Ranges.range(sink, 1, "{\"id\":\"a\",\"n\":1}", "bad", "{\"id\":\"b\",\"n\":2}");
  }

  final List<String> rows() {
    return LocalRedshift.rows("SELECT id, n FROM " + schema + ".clicks ORDER BY id, n");
  }

  final long history() {
    return LocalRedshift.rows("SELECT stream FROM " + schema + ".millrace_load_history").size();
  }
}
