package io.millrace.samples.referrers;

/**
 * What a ledger consists of, one line each, fields separated by a space, times in milliseconds
 * since the epoch. The text is written and read here and nowhere else.
 *
 * <pre>
 * put    millis writer number shard sequence    the stream acknowledged a record
 * run    millis worker                          Worker.run() is about to be called
 * start  millis shard                           a processor was initialised
 * record millis shard sequence writer number    a processor processed a record
 * end    millis shard reason                    that processor gets no more records
 * </pre>
 */
sealed interface LedgerLine {

  /** The reason of an end: the shard is processed to its end. */
  String FINISHED = "finished";

  long atMillis();

  /** With its line feed. */
  String text();

  record Put(long atMillis, String writer, long number, String shard, String sequence)
      implements LedgerLine {
    @Override
    public String text() {
      return "put " + atMillis + " " + writer + " " + number + " " + shard + " " + sequence + "\n";
    }
  }

  record Run(long atMillis, String worker) implements LedgerLine {
    @Override
    public String text() {
      return "run " + atMillis + " " + worker + "\n";
    }
  }

  record Start(long atMillis, String shard) implements LedgerLine {
    @Override
    public String text() {
      return "start " + atMillis + " " + shard + "\n";
    }
  }

  record Processed(long atMillis, String shard, String sequence, String writer, long number)
      implements LedgerLine {
    @Override
    public String text() {
      return "record " + atMillis + " " + shard + " " + sequence + " " + writer + " " + number
          + "\n";
    }
  }

  record End(long atMillis, String shard, String reason) implements LedgerLine {
    @Override
    public String text() {
      return "end " + atMillis + " " + shard + " " + reason + "\n";
    }
  }

  /**
   * @param line without its line feed
   * @throws IllegalArgumentException if it is not a line of a ledger
   */
  static LedgerLine parse(String line) {
    String[] f = line.split(" ", -1);
    try {
      long at = f.length < 3 ? 0 : Long.parseLong(f[1]);
      switch (f[0] + "/" + f.length) {
        case "put/6":
          return new Put(at, f[2], Long.parseLong(f[3]), f[4], f[5]);
        case "run/3":
          return new Run(at, f[2]);
        case "start/3":
          return new Start(at, f[2]);
        case "record/6":
          return new Processed(at, f[2], f[3], f[4], Long.parseLong(f[5]));
        case "end/4":
          return new End(at, f[2], f[3]);
        default:
          // said below
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException("not a line of a ledger: '" + line + "'");
  }
}
