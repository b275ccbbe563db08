package io.millrace.simulation;

/** What the way from one worker to the table and to the stream is like at the moment. */
final class Network {

  /** Chances in percent, times in milliseconds. */
  long storeMinMillis = 1;

  long storeMaxMillis = 4;
  boolean storeCut;
  long storeRefused;
  long storeAnswersLost;
  long storeLate;
  long storeLateMillis;
  long storeStaleMillis;

  long streamMinMillis = 2;
  long streamMaxMillis = 8;
  boolean streamCut;
  long streamThrottled;
  long streamUnavailable;
  long emptyPages;
  long listingAgeMillis;
  long listingIncomplete;

  void heal() {
    healStore();
    healStream();
  }

  void healStore() {
    storeMinMillis = 1;
    storeMaxMillis = 4;
    storeCut = false;
    storeRefused = 0;
    storeAnswersLost = 0;
    storeLate = 0;
    storeLateMillis = 0;
    storeStaleMillis = 0;
  }

  void healStream() {
    streamMinMillis = 2;
    streamMaxMillis = 8;
    streamCut = false;
    streamThrottled = 0;
    streamUnavailable = 0;
    emptyPages = 0;
    listingAgeMillis = 0;
    listingIncomplete = 0;
  }
}
