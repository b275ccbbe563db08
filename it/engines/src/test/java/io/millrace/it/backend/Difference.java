package io.millrace.it.backend;

/**
 * How a backend differs from Kinesis, DynamoDB and S3, as far as a consumer can notice. {@link
 * Probes} looks whether each of them is there, on every backend: the list neither rots nor hides
 * anything.
 */
enum Difference {
  NO_CHILD_SHARDS("the end of a closed shard does not name its children"),
  LIST_SHARDS_IGNORES_FILTERS("ListShards lists all shards whatever filter it is given"),
  NO_WRITE_LIMIT("a shard takes more than 1 MB a second"),
  NO_CBOR("requests in CBOR, which is what the AWS SDK sends, are not understood, only JSON"),
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
