/**
 * Where records go that could not be processed: {@link io.millrace.kcl.deadletter.DeadLetter}, the
 * interface of a destination, and a destination in files.
 */
package io.millrace.kcl.deadletter;
