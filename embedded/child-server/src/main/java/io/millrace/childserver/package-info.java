/** A server in a JVM of its own: both ends of it. */
package io.millrace.childserver;
