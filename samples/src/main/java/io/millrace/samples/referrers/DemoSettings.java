package io.millrace.samples.referrers;

/**
 * How a {@link Demo} begins.
 *
 * @param shards of the stream, 1 to 100
 * @param recordsPerSecond what the writer puts, 0 to {@value StreamWriter#MAX_RATE}
 * @param workers child JVMs, 1 to 16
 * @param keepFiles whether ledgers, events and logs stay when all went well
 */
public record DemoSettings(int shards, int recordsPerSecond, int workers, boolean keepFiles) {

  public DemoSettings {
    check("shards", shards, 1, 100);
    check("rate", recordsPerSecond, 0, StreamWriter.MAX_RATE);
    check("workers", workers, 1, 16);
  }

  private static void check(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + ": " + value + " is not allowed; allowed: " + min + " to " + max);
    }
  }
}
