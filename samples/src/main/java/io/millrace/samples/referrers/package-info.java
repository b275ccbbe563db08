/**
 * The referrer counter: a writer puts visits to a web site into a stream, workers count them per
 * resource and referrer over a sliding window, and the counts land in a DynamoDB table.
 *
 * <p>{@link io.millrace.samples.referrers.StreamWriter}, {@link
 * io.millrace.samples.referrers.WorkerMain}, {@link io.millrace.samples.referrers.PageMain} and
 * {@link io.millrace.samples.referrers.DeleteMain} run by themselves, against AWS or local
 * endpoints; {@link io.millrace.samples.referrers.Demo} runs a fleet of them on this machine,
 * breaks it, and compares ledgers.
 */
package io.millrace.samples.referrers;
