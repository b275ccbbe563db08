/** The dead letter destinations that every config file can name. */
package io.millrace.connectors.deadletter;
