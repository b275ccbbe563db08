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
