package io.millrace.connectors.redshift;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.checkpoint.Checkpoint;
import io.millrace.connectors.message.Json;
import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.Positions;
import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.time.Clock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

// The records are of the source stream, and its checkpoint has passed them long ago: nobody
// delivers them again. What is left of them is in the file, the row as it was to be loaded.
/**
 * Makes dead letters of the records whose rows COPY has dropped: each under the record's own
 * stream, shard and position, so that storing it again does no harm.
 */
final class DroppedLetters {

  /** Reads a file that was announced. */
  @FunctionalInterface
  interface Rows {
    /** Gives each row, one after another, with the columns of {@link Staged}. Blocks. */
    void read(Announcement file, Consumer<JsonNode> row) throws IOException;
  }

  private final Rows rows;
  private final Clock clock;

  /**
   * @param clock for the time at which they were given up
   */
  DroppedLetters(Rows rows, Clock clock) {
    this.rows = rows;
    this.clock = clock;
  }

  /**
   * Blocks.
   *
   * @param file which has the rows
   * @param dropped their records
   * @return one for each record, by position. The payload is what was to be loaded: a JSON object a
   *     row, on a line each if the record had made several. The arrival is that of the range's
   *     first record, and the partition key the position, since the file knows neither
   * @throws SinkException if the file is gone, or has no row of such a record
   */
  List<DeadLetter> of(Announcement file, List<Exclusion> dropped) {
    Map<String, ByteArrayOutputStream> payloads = new LinkedHashMap<>();
    dropped.forEach(
        exclusion ->
            payloads.put(Positions.sortable(exclusion.position()), new ByteArrayOutputStream()));
    try {
      rows.read(file, row -> add(row, payloads));
    } catch (IOException e) {
      throw SinkException.passing(
          "Could not read the rows in " + file.uri() + " that COPY has dropped: " + e.getMessage(),
          e);
    }
    Instant now = Instant.ofEpochMilli(clock.wallMillis());
    List<DeadLetter> letters = new ArrayList<>();
    for (Exclusion exclusion : dropped) {
      byte[] payload = payloads.get(Positions.sortable(exclusion.position())).toByteArray();
      if (payload.length == 0) {
        throw SinkException.needsSomebody(
            "Could not make a dead letter of the record at "
                + exclusion.position()
                + ": the load history says that COPY has dropped it from "
                + file.uri()
                + ", and the file has no such row; put the version that was announced back",
            null);
      }
      letters.add(letter(file, exclusion, payload, now));
    }
    return letters;
  }

  private static void add(JsonNode row, Map<String, ByteArrayOutputStream> payloads) {
    String position = row.path(Staged.POSITION).asText();
    int ordinal = position.lastIndexOf('.');
    ByteArrayOutputStream payload =
        ordinal < 0 ? null : payloads.get(position.substring(0, ordinal));
    if (payload == null) {
      return;
    }
    if (payload.size() > 0) {
      payload.write('\n');
    }
    ObjectNode columns = row.deepCopy();
    columns.remove(Staged.ALL);
    payload.writeBytes(Json.write(columns));
  }

  private static DeadLetter letter(
      Announcement file, Exclusion exclusion, byte[] payload, Instant now) {
    Checkpoint position = exclusion.position();
    String digits = position.sequenceNumber().orElseThrow().digits();
    return DeadLetter.builder().stream(file.start().stream())
        .shardId(file.start().shardId())
        .partitionKey(digits)
        .position(digits, position.subSequenceNumber())
        .approximateArrival(file.start().arrived())
        .payload(ByteBuffer.wrap(payload))
        .error(null, exclusion.reason(), null)
        .attempts(1)
        .failedAt(now)
        .build();
  }
}
