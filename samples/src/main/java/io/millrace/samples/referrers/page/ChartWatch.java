package io.millrace.samples.referrers.page;

import io.millrace.samples.referrers.page.PageState.Counts;

/** Notices when the chart moves: two states were served, and the later one shows newer visits. */
final class ChartWatch {

  private long firstSecond;
  private volatile boolean moving;

  /** A state was served. */
  void served(Counts counts) {
    boolean visits = counts.top().stream().anyMatch(top -> top.visits() > 0);
    if (moving || !visits) {
      return;
    }
    if (firstSecond == 0) {
      firstSecond = counts.asOfSecond();
    } else if (counts.asOfSecond() > firstSecond) {
      moving = true;
    }
  }

  boolean isMoving() {
    return moving;
  }
}
