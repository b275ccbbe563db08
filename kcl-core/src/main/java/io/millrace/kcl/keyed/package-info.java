/**
 * Parallel processing within a shard: keys run side by side, and the records of one key stay in
 * order. Begin with {@link io.millrace.kcl.keyed.KeyParallelProcessorFactory}.
 */
package io.millrace.kcl.keyed;
