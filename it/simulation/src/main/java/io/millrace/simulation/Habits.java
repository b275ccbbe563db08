package io.millrace.simulation;

import io.millrace.lease.LeaseKey;
import java.util.Collections;
import java.util.SortedSet;

/** How one worker's record processors behave at the moment. Chances in percent. */
final class Habits {

  long callMillis = 10;
  boolean checkpoints = true;
  boolean checkpointsAtEnd = true;
  boolean varied;
  long throwsAt;
  long initializeThrowsAt;
  boolean blocks;
  SortedSet<LeaseKey> blockedShards = Collections.emptySortedSet();
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
    blockedShards = Collections.emptySortedSet();
    neverReturns = false;
    checkpointsLate = false;
    checkpointsAhead = false;
    deadLettersFail = 0;
  }
}
