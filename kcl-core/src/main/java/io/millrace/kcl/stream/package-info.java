/**
 * The stream as the worker sees it: shards, records, and the port through which they are read. The
 * adapter for Kinesis is in {@code io.millrace.kcl.aws}.
 */
package io.millrace.kcl.stream;
