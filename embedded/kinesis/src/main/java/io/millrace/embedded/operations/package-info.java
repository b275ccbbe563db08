/** What each operation of the Kinesis API does with a parsed request, whatever the protocol. */
package io.millrace.embedded.operations;
