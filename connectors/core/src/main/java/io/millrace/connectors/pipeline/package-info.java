/**
 * From a stream into a sink: buffers, ranges that are prepared, stored, and then checkpointed, dead
 * letters, retries.
 */
package io.millrace.connectors.pipeline;
