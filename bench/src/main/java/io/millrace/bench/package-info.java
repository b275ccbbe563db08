/** Comparisons of speed, side by side in one run; {@code bench/run} runs them. */
package io.millrace.bench;
