/** A stand-in for Redshift: PostgreSQL behind a proxy that speaks some of Redshift's SQL. */
package io.millrace.embedded.redshift;
