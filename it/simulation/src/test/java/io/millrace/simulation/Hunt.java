package io.millrace.simulation;

final class Hunt {
  public static void main(String[] args) {
    long from = Long.parseLong(args[0]);
    long count = Long.parseLong(args[1]);
    int trace = args.length > 2 ? Integer.parseInt(args[2]) : 0;
    long started = System.nanoTime();
    long tasks = 0;
    int bad = 0;
    java.util.TreeMap<String, Long> reached = new java.util.TreeMap<>();
    for (long seed = from; seed < from + count; seed++) {
      Run.Result r;
      try {
        r = Run.of(Scenario.generate(seed), Mutation.NONE, trace);
      } catch (RuntimeException e) {
        System.out.println("seed " + seed + " " + e);
        e.printStackTrace(System.out);
        continue;
      }
      tasks += r.tasks();
      r.reached().forEach((k, v) -> reached.merge(k, v, Long::sum));
      if (r.violation() != null) {
        bad++;
        System.out.println("seed " + seed + ": " + r.violation());
        if (trace > 0) {
          System.out.println(Scenario.generate(seed).toJava());
          System.out.println(r.trace());
        }
      }
    }
    double s = (System.nanoTime() - started) / 1e9;
    System.out.printf(
        "%d seeds, %d bad, %.1f s, %.1f seeds/s, %d tasks%n", count, bad, s, count / s, tasks);
    if (trace == 0) System.out.println(reached);
  }
}
