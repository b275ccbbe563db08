/**
 * A sink that loads ranges of records into tables of Redshift: files in S3, and one transaction
 * that copies them and says in a history that it has.
 */
package io.millrace.connectors.redshift;
