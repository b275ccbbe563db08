/** What the engine tells the outside, as meters and as log lines. */
package io.millrace.kcl.metrics;
