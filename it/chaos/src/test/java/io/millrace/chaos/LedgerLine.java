package io.millrace.chaos;

/**
 * What the files of a run consist of, one line each, fields separated by a space, times in
 * milliseconds since the epoch. The text is written and read here and nowhere else.
 *
 * <p>The name of a worker's file is the name of one process, such as {@code w2-3.ledger}: the third
 * process in slot 2. A stint is what one processor did, numbered within its process.
 */
sealed interface LedgerLine {

  String NONE = "-";

  /** With its line feed. */
  String text();

  /** The stream acknowledged a record. */
  record Put(long atMillis, long number, String shard, String sequence, String key)
      implements LedgerLine {
    @Override
    public String text() {
      return line("put", atMillis, number, shard, sequence, key);
    }
  }

  /** {@code Worker.run()} is about to be called. */
  record Run(long atMillis, String worker) implements LedgerLine {
    @Override
    public String text() {
      return line("run", atMillis, worker);
    }
  }

  /** A processor was initialised. */
  record Start(long atMillis, int stint, String shard, long token, Position resume)
      implements LedgerLine {
    @Override
    public String text() {
      return line("start", atMillis, stint, shard, token, resume.text());
    }
  }

  /** A processor processed a record; {@code number} is what the writer called it. */
  record Processed(long atMillis, int stint, String sequence, long arrivedMillis, long number)
      implements LedgerLine {
    @Override
    public String text() {
      return line("record", atMillis, stint, sequence, arrivedMillis, number);
    }
  }

  /** A checkpoint was accepted. */
  record Accepted(long atMillis, int stint, Position position) implements LedgerLine {
    @Override
    public String text() {
      return line("accepted", atMillis, stint, position.text());
    }
  }

  /** A checkpoint was refused because the lease had gone. */
  record Refused(long atMillis, int stint, Position position) implements LedgerLine {
    @Override
    public String text() {
      return line("refused", atMillis, stint, position.text());
    }
  }

  /** A processor gets no more records: {@code finished}, {@code handed-over} or {@code lost}. */
  record End(long atMillis, int stint, String reason) implements LedgerLine {
    @Override
    public String text() {
      return line("end", atMillis, stint, reason);
    }
  }

  /** The worker said something about itself: {@code fenced}, {@code goes-on} or {@code gap}. */
  record Event(long atMillis, String name, String shard) implements LedgerLine {
    @Override
    public String text() {
      return line("event", atMillis, name, shard);
    }
  }

  /** A lease row has changed, seen from outside. */
  record LeaseSeen(long atMillis, String shard, long token, String owner, Position checkpoint)
      implements LedgerLine {
    @Override
    public String text() {
      return line("lease", atMillis, shard, token, owner, checkpoint.text());
    }
  }

  /** A shard as the stream lists it at the end. */
  record Shard(String shard, String parent, String adjacentParent, boolean open)
      implements LedgerLine {
    @Override
    public String text() {
      return line("shard", shard, parent, adjacentParent, open);
    }
  }

  /** A fault was carried out, or was not because there was nothing to carry it out on. */
  record FaultDone(long atMillis, String kind, boolean done) implements LedgerLine {
    @Override
    public String text() {
      return line("fault", atMillis, kind, done);
    }
  }

  /** A process ended. {@code wanted} is what we did to it: {@code kill}, {@code stop} or "-". */
  record Exit(long atMillis, String process, String wanted, int code) implements LedgerLine {
    @Override
    public String text() {
      return line("exit", atMillis, process, wanted, code);
    }
  }

  private static String line(String name, Object... fields) {
    StringBuilder line = new StringBuilder(name);
    for (Object field : fields) {
      line.append(' ').append(field);
    }
    return line.append('\n').toString();
  }

  /**
   * Reads one line.
   *
   * @param line without its line feed
   * @throws IllegalArgumentException if it is not understood: nothing is skipped silently
   */
  static LedgerLine parse(String line) {
    String[] f = line.split(" ", -1);
    try {
      return switch (f[0] + "/" + (f.length - 1)) {
        case "put/5" -> new Put(number(f[1]), number(f[2]), f[3], f[4], f[5]);
        case "run/2" -> new Run(number(f[1]), f[2]);
        case "start/5" ->
            new Start(number(f[1]), stint(f[2]), f[3], number(f[4]), Position.parse(f[5]));
        case "record/5" ->
            new Processed(number(f[1]), stint(f[2]), f[3], number(f[4]), number(f[5]));
        case "accepted/3" -> new Accepted(number(f[1]), stint(f[2]), Position.parse(f[3]));
        case "refused/3" -> new Refused(number(f[1]), stint(f[2]), Position.parse(f[3]));
        case "end/3" -> new End(number(f[1]), stint(f[2]), f[3]);
        case "event/3" -> new Event(number(f[1]), f[2], f[3]);
        case "lease/5" ->
            new LeaseSeen(number(f[1]), f[2], number(f[3]), f[4], Position.parse(f[5]));
        case "shard/4" -> new Shard(f[1], f[2], f[3], Boolean.parseBoolean(f[4]));
        case "fault/3" -> new FaultDone(number(f[1]), f[2], Boolean.parseBoolean(f[3]));
        case "exit/4" -> new Exit(number(f[1]), f[2], f[3], Integer.parseInt(f[4]));
        default -> throw new IllegalArgumentException("not a line of a ledger");
      };
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("'" + line + "': " + e.getMessage(), e);
    }
  }

  private static long number(String text) {
    return Long.parseLong(text);
  }

  private static int stint(String text) {
    return Integer.parseInt(text);
  }
}
