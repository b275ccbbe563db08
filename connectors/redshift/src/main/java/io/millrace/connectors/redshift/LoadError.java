package io.millrace.connectors.redshift;

/**
 * A row of a load-error view.
 *
 * @param file {@code s3://bucket/key}, maybe cut off
 * @param line in the file, from 1
 * @param reason column and error
 */
record LoadError(String file, long line, String reason) {}
