/** A JUnit extension that starts the embedded Kinesis. */
package io.millrace.embedded.junit;
