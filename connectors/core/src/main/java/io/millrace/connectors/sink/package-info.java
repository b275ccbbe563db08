/**
 * What a destination implements: {@link io.millrace.connectors.sink.RangeSink} or {@link
 * io.millrace.connectors.sink.RecordSink}.
 */
package io.millrace.connectors.sink;
