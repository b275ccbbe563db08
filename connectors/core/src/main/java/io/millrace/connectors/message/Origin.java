package io.millrace.connectors.message;

import java.util.Objects;

/**
 * Where a record came from, beyond what it says itself.
 *
 * @param stream its name
 * @param shardId the shard
 */
public record Origin(String stream, String shardId) {
  public Origin {
    Objects.requireNonNull(stream, "stream");
    Objects.requireNonNull(shardId, "shardId");
  }
}
