package io.millrace.samples.referrers.page;

import io.millrace.samples.referrers.page.PageState.Place;
import java.time.InstantSource;

/** A fleet that is still being started: the page is there before it, and says so. */
public final class LateFleet implements Fleet {

  private final Place place;
  private final InstantSource clock;
  private volatile Fleet started;

  public LateFleet(Place place, InstantSource clock) {
    this.place = place;
    this.clock = clock;
  }

  /** From now on the page shows this one. */
  public void started(Fleet fleet) {
    started = fleet;
  }

  @Override
  public PageState state() {
    Fleet fleet = started;
    return fleet == null ? PageState.starting(clock.millis(), place) : fleet.state();
  }

  @Override
  public String act(Action action) {
    Fleet fleet = started;
    if (fleet == null) {
      throw new RefusedException("The demo is still starting; try again in a moment.");
    }
    return fleet.act(action);
  }
}
