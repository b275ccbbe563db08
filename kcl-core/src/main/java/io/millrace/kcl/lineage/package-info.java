/**
 * Which lease rows there must be: at the first start, when a shard ends, and when something went
 * missing. {@link io.millrace.kcl.lineage.Lineage} is pure: it gets a shard listing and the rows,
 * and returns rows to create or delete; the worker loop does it.
 */
package io.millrace.kcl.lineage;
