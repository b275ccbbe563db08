package io.millrace.connectors.dynamodb;

import java.time.Duration;
import java.util.List;

/**
 * What the sink itself writes into rows.
 *
 * @param seq the position of the record that changed the row last
 * @param deleted true in a tombstone
 * @param ttl when a tombstone or marker may go, in seconds since the epoch
 * @param tombstoneAge how long a tombstone stays
 * @param markerAge how long the marker of an increment stays
 */
record OwnAttributes(
    String seq, String deleted, String ttl, Duration tombstoneAge, Duration markerAge) {

  List<String> names() {
    return List.of(seq, deleted, ttl);
  }
}
