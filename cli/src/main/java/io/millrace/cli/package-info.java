/** The {@code millrace} command. */
package io.millrace.cli;
