package io.millrace.simulation;

final class HuntBugs {
  public static void main(String[] args) {
    for (PlantedBug bug : PlantedBug.values()) {
      if (args.length > 0 && !bug.name().equals(args[0])) {
        continue;
      }
      int found = -1;
      String what = null;
      int hits = 0;
      int max = args.length > 1 ? Integer.parseInt(args[1]) : 400;
      for (int seed = 0; seed < max && hits < 3; seed++) {
        Run.Result r = Run.of(Scenario.generate(seed), bug, 0);
        if (r.violation() != null) {
          hits++;
          if (found < 0) {
            found = seed + 1;
            what = r.violation();
          }
        }
      }
      System.out.println(
          bug
              + " first "
              + found
              + " hits "
              + hits
              + " "
              + (what == null ? "" : what.substring(0, Math.min(150, what.length()))));
    }
  }
}
