package io.millrace.connectors.sink;

/**
 * Where a pipeline's records go. One sink serves every shard of a worker; its methods are called
 * from any thread, for several shards at a time, for one shard one call after another.
 *
 * <p>There are two kinds, by what makes repeating harmless: a {@link RangeSink} stores a range of
 * records at once, under a name that only one writer can take; a {@link RecordSink} stores records
 * one by one, each under an identity of its own.
 *
 * @param <U> what it stores
 */
public sealed interface Sink<U> extends AutoCloseable permits RangeSink, RecordSink {

  /** A short name for logs, meters and prepared checkpoints: {@code s3}, {@code dynamodb}. */
  String name();

  /** Where it stores, for logs and messages, without secrets: {@code s3://bucket/prefix}. */
  @Override
  String toString();

  /** Releases what it opened. Called when nothing is under way any more. */
  @Override
  default void close() {}
}
