package io.millrace.samples.referrers;

import io.millrace.lease.Lease;
import io.millrace.lease.Session;
import io.millrace.samples.referrers.page.Action;
import io.millrace.samples.referrers.page.Fleet;
import io.millrace.samples.referrers.page.PageState;
import io.millrace.samples.referrers.page.PageState.Place;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A fleet that runs elsewhere, as the page shows it: by what the stream and the tables say. Its
 * processes are out of reach; shards can be split and merged where that was allowed.
 */
final class AwsFleet implements Fleet {

  private final Resources resources;
  private final boolean resharding;
  private final FleetView view;
  private final Resharding stream;
  private final InstantSource clock = InstantSource.system();
  private final EventLog log = new EventLog();

  // used by state() only
  private final Map<String, String> owners = new HashMap<>();
  private boolean seen;

  AwsFleet(Resources resources, FleetView view, Resharding stream, boolean resharding) {
    this.resources = resources;
    this.view = view;
    this.stream = stream;
    this.resharding = resharding;
  }

  @Override
  public PageState state() {
    long now = clock.millis();
    view.refresh(now);
    noticeOwners(now);
    Evidence evidence = new Evidence(now, ZoneId.systemDefault(), null, view.leases(), log);
    return new PageState(
        now,
        "running",
        view.trouble(),
        new Place(
            resources.stream(),
            resources.countsTable(),
            resources.where(),
            false,
            resharding,
            null),
        null,
        view.counts(),
        view.shards(now, null),
        workers(now),
        log.entries(evidence));
  }

  private List<PageState.Worker> workers(long now) {
    Map<String, PageState.Worker> byName = new TreeMap<>();
    for (Session any : view.sessions()) {
      String name = any.id().workerId();
      Session session = view.sessionOf(name).orElse(any);
      long age = now - view.beat(session.id()).changedMillis();
      byName.put(
          name,
          new PageState.Worker(
              name,
              session.leaving()
                  ? "stopping"
                  : age > session.failoverMillis() ? "silent" : "running",
              null,
              view.shardsOf(name),
              session.id().value(),
              session.beat(),
              age,
              null,
              null));
    }
    return new ArrayList<>(byName.values());
  }

  /** Writes into the event log which shards went from one worker to another. */
  private void noticeOwners(long now) {
    Map<String, List<String>> moved = new TreeMap<>();
    for (Lease lease : view.rows()) {
      String shard = lease.key().value();
      Optional<String> owner = FleetTable.owner(lease);
      if (owner.isEmpty() || lease.isFinished()) {
        continue;
      }
      String before = owners.put(shard, owner.get());
      if (seen && !owner.get().equals(before)) {
        String how =
            before == null
                ? "taken by " + owner.get()
                : "went from " + before + " to " + owner.get();
        moved.computeIfAbsent(how, h -> new ArrayList<>()).add(shard);
      }
    }
    seen |= !owners.isEmpty();
    moved.forEach(
        (how, shards) ->
            log.add(
                new Happening.Note(
                    now, "note", ShardNames.list(shards) + " " + how + " {time}", false)));
  }

  @Override
  public String act(Action action) {
    if (action instanceof Action.Split split && resharding) {
      stream.split(split.shard());
      return "Shard " + ShardNames.brief(split.shard()) + " is being split.";
    }
    if (action instanceof Action.Merge merge && resharding) {
      stream.merge(merge.shard(), merge.other());
      return "Shards "
          + ShardNames.brief(merge.shard())
          + " and "
          + ShardNames.brief(merge.other())
          + " are being merged.";
    }
    if (action instanceof Action.Split || action instanceof Action.Merge) {
      throw new RefusedException(
          "This page only looks; start it with --allow-resharding to split and merge shards.");
    }
    throw new RefusedException(
        "The processes of this fleet run elsewhere: only shards can be split and merged here.");
  }
}
