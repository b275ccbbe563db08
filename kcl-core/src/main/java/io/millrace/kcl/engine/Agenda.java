package io.millrace.kcl.engine;

/**
 * What the coming turns of the worker have to do, noted by whoever learns of it. Lives on the loop.
 */
final class Agenda {

  private boolean planWanted;
  private long planAtMillis = Long.MAX_VALUE;
  private boolean ownersUnknown;
  private boolean scanWanted;
  private boolean bumpOwed;

  /** Who should hold what is to be decided again. */
  void wantPlan() {
    planWanted = true;
  }

  /** The same, at a time; monotonic. Only one such time is kept. */
  void wantPlanAt(long millis) {
    planAtMillis = millis;
  }

  long planAtMillis() {
    return planAtMillis;
  }

  boolean isPlanDue(long now) {
    return planWanted || now >= planAtMillis;
  }

  void planBegins() {
    planWanted = false;
    planAtMillis = Long.MAX_VALUE;
    ownersUnknown = false;
  }

  /** A lease names an owner that is neither known to live nor proven dead: a page may tell. */
  void ownerUnknown() {
    ownersUnknown = true;
  }

  /** A page of sessions was read. */
  void pageRead() {
    planWanted |= ownersUnknown;
  }

  /** The table is to be read, whatever the generation says. */
  void wantScan() {
    scanWanted = true;
  }

  boolean isScanWanted() {
    return scanWanted;
  }

  void scanBegins() {
    scanWanted = false;
  }

  /** Something was written, or may have been, that others must look at. */
  void oweBump() {
    bumpOwed = true;
  }

  boolean isBumpOwed() {
    return bumpOwed;
  }

  void bumpBegins() {
    bumpOwed = false;
  }
}
