/**
 * What a lease table holds as a whole, whoever wrote it, and what it takes to give it back to the
 * library that it came from. Decides only; reading and writing is the store's.
 */
package io.millrace.lease.table;
