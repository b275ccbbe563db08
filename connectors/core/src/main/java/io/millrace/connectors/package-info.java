/**
 * The interfaces of the Kinesis Connector Library, so that its pipelines run here: transform,
 * filter, buffer, emit.
 */
package io.millrace.connectors;
