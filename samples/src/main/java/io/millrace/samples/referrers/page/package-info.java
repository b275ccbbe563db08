/**
 * The web page of the referrer counter: what it shows ({@link
 * io.millrace.samples.referrers.page.PageState}), what can be asked of it ({@link
 * io.millrace.samples.referrers.page.Action}), and the server, which this machine alone can reach.
 * It knows nothing of streams and tables: a {@link io.millrace.samples.referrers.page.Fleet} does.
 */
package io.millrace.samples.referrers.page;
