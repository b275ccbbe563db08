package io.millrace.it.backend;

/**
 * How a backend differs from Kinesis, DynamoDB and S3, as far as a consumer can notice. {@link
 * Probes} looks whether each of them is there, on every backend: the list neither rots nor hides
 * anything.
 */
enum Difference {
  CLOSED_SHARDS_GO_ON(
      "a shard that was split or merged has no end and takes records as before, so that resharding"
          + " cannot be followed"),
  NO_CHILD_SHARDS("the end of a closed shard does not name its children"),
  LIST_SHARDS_IGNORES_FILTERS("ListShards lists all shards whatever filter it is given"),
  TRIM_HORIZON_LISTS_CHILDREN(
      "ListShards with AT_TRIM_HORIZON lists the children of a shard besides the shard itself"),
  NO_ENDING_NUMBERS(
      "the ending sequence number of a closed shard is missing, or too small to be one"),
  BAD_ITERATOR_IS_ITS_FAULT(
      "GetRecords answers an iterator that is none with a server error, which the SDK repeats"),
  NUMBERS_OF_OTHER_SHARDS("AFTER_SEQUENCE_NUMBER takes the sequence number of another shard"),
  NO_WRITE_LIMIT("a shard takes more than 1 MB a second"),
  NO_CBOR("the SDK cannot speak CBOR with it, only JSON (-Daws.cborEnabled=false)"),
  NO_HTTP2("HTTP/2 is not spoken, only HTTP/1.1"),
  NO_FAN_OUT("SubscribeToShard does not work");

  private final String sentence;

  Difference(String sentence) {
    this.sentence = sentence;
  }

  /** For the console and the documentation; without a full stop. */
  String sentence() {
    return sentence;
  }
}
