package io.millrace.simulation;

/** How one worker's record processors behave at the moment. Chances in percent. */
final class Habits {

  long callMillis = 10;
  boolean checkpoints = true;
  boolean checkpointsAtEnd = true;
  boolean varied;
  long throwsAt;
  long initializeThrowsAt;
  boolean blocks;
  boolean neverReturns;
  boolean checkpointsLate;
  boolean checkpointsAhead;
  long deadLettersFail;

  void heal() {
    callMillis = 10;
    checkpoints = true;
    checkpointsAtEnd = true;
    throwsAt = 0;
    initializeThrowsAt = 0;
    blocks = false;
    neverReturns = false;
    checkpointsLate = false;
    checkpointsAhead = false;
    deadLettersFail = 0;
  }
}
