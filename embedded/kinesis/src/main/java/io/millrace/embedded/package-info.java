/**
 * A Kinesis-compatible server in the JVM, for development and tests: {@link
 * io.millrace.embedded.EmbeddedKinesis}. The packages below this one are its inside and may change.
 */
package io.millrace.embedded;
