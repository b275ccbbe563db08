package io.millrace.embedded.model;

/**
 * A record in a shard. The data belongs to the shard: nobody may change it.
 *
 * @param index its place in the shard; grows from record to record, not always by one
 * @param sequenceNumber what the outside knows that place by
 */
@SuppressWarnings("ArrayRecordComponent")
public record StoredRecord(
    long index, String sequenceNumber, long arrivalMillis, String partitionKey, byte[] data) {

  /** What counts against the limits of a read, in bytes. */
  int size() {
    return data.length + partitionKey.length();
  }
}
