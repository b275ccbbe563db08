/**
 * What an application uses: implement {@link io.millrace.kcl.IRecordProcessor}, make one per shard
 * with an {@link io.millrace.kcl.IRecordProcessorFactory}, and describe stream and application in a
 * {@link io.millrace.kcl.KinesisClientLibConfiguration}.
 *
 * <p>{@link io.millrace.kcl.Record} is imported by its single name ({@code import
 * io.millrace.kcl.Record;}): a wildcard import collides with {@code java.lang.Record}.
 */
package io.millrace.kcl;
