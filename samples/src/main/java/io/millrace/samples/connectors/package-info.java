/** What readers of connectors' sinks do. */
package io.millrace.samples.connectors;
