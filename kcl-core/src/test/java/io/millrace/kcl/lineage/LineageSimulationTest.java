package io.millrace.kcl.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.stream.Shard;
import io.millrace.lease.Application;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * A stream that is split and merged at random, and an application that reads it in random order and
 * makes its rows with {@link Lineage} alone.
 */
class LineageSimulationTest {

  private static final int RUNS = 60;
  private static final int STEPS = 120;
  private static final long RETENTION_MILLIS = 40_000;

  /** How rows come into being in a run. */
  private enum Start {
    TRIM_HORIZON,
    LATEST
  }

  private static final class Run {
    final String as;
    final Random random;
    final TestStream stream;
    final TreeMap<LeaseKey, Lease> rows = new TreeMap<>();

    /** Every row there ever was. */
    final SortedSet<LeaseKey> created = new TreeSet<>();

    final SortedSet<LeaseKey> started = new TreeSet<>();
    Application application;
    long startAtMillis;
    boolean expires;
    List<Shard> oldListing = List.of();

    Run(long seed, Start start, boolean expires) {
      this.as = "seed " + seed + " " + start + (expires ? " with expiry" : "");
      this.random = new Random(seed);
      this.expires = expires;
      this.stream = new TestStream(1 + random.nextInt(4));
      for (int i = random.nextInt(8); i > 0; i--) {
        stream.nowMillis += random.nextInt(2_000);
        reshard();
      }
      stream.nowMillis += 1;
      startAtMillis = start == Start.LATEST ? stream.nowMillis : 0;
      application =
          new Application(
              "arn", 0, start.name(), start == Start.LATEST ? startAtMillis : null, true);
      List<Shard> first =
          start == Start.LATEST ? stream.listingAt(startAtMillis) : stream.listing();
      create(((FirstLeases.Complete) Lineage.firstLeases(first, application)).rows());
    }

    List<Shard> listing() {
      return stream.listing(expires ? stream.nowMillis - RETENTION_MILLIS : 0);
    }

    boolean isExpired(LeaseKey id) {
      return listing().stream().noneMatch(shard -> shard.id().equals(id));
    }

    void reshard() {
      List<TestStream.Entry> open =
          stream.entries.values().stream().filter(each -> stream.isOpen(each.id())).toList();
      TestStream.Entry one = open.get(random.nextInt(open.size()));
      if (random.nextBoolean()) {
        if (one.to() - one.from() >= 2) {
          stream.split(number(one.id()));
        }
      } else {
        open.stream()
            .filter(each -> each.from() == one.to())
            .findFirst()
            .ifPresent(other -> stream.merge(number(one.id()), number(other.id())));
      }
    }

    static int number(LeaseKey id) {
      return Integer.parseInt(id.value().substring("shardId-".length()));
    }

    void create(List<Lease> leases) {
      for (Lease lease : leases) {
        if (rows.putIfAbsent(lease.key(), lease) == null) {
          assertThat(created.add(lease.key())).as("%s: a second row %s", as, lease).isTrue();
          for (LeaseKey parent : lease.parents()) {
            // a parent without a row must be one that nobody needs to read
            assertThat(
                    rows.containsKey(parent)
                        || created.contains(parent)
                        || isExpired(parent)
                        || stream.closed.get(parent) < startAtMillis)
                .as("%s: %s before its parent", as, lease)
                .isTrue();
          }
        }
      }
    }

    void step() {
      stream.nowMillis += random.nextInt(1_500);
      switch (random.nextInt(8)) {
        case 0, 1 -> reshard();
        case 2 -> oldListing = listing();
        case 3 -> audit();
        default -> read();
      }
      requireCovered();
    }

    /** Somebody works on a random lease that may start, and ends it if its shard is closed. */
    void read() {
      read(false);
    }

    void read(boolean onlyClosed) {
      List<Lease> ready =
          rows.values().stream()
              .filter(row -> !onlyClosed || !stream.isOpen(row.key()))
              .filter(row -> !row.isFinished() && Lineage.mayStart(row, parentRows(row)))
              .toList();
      if (ready.isEmpty()) {
        return;
      }
      Lease lease = ready.get(random.nextInt(ready.size()));
      if (started.add(lease.key())) {
        requireAncestorsRead(lease.key());
      }
      if (stream.isOpen(lease.key())) {
        rows.put(lease.key(), with(lease, Checkpoint.TRIM_HORIZON, lease.children(), null));
        return;
      }
      boolean old = random.nextInt(4) == 0;
      List<LeaseKey> named = new ArrayList<>();
      if (random.nextBoolean() && !isExpired(lease.key())) {
        stream.entries.values().stream()
            .filter(each -> each.parents().contains(lease.key()))
            .forEach(each -> named.add(each.id()));
      }
      Succession succession =
          Lineage.succession(
              lease, named, old ? oldListing : listing(), rows.values(), application);
      if (!(succession instanceof Succession.Found found)) {
        assertThat(old).as("%s: %s for %s", as, succession, lease).isTrue();
        return;
      }
      // a worker may crash between any two writes
      int written = random.nextInt(4) == 0 ? random.nextInt(found.rows().size() + 1) : -1;
      if (written >= 0) {
        create(found.rows().subList(0, written));
        return;
      }
      create(found.rows());
      rows.put(lease.key(), with(lease, Checkpoint.SHARD_END, found.children(), stream.nowMillis));
    }

    private static Lease with(
        Lease lease, Checkpoint checkpoint, SortedSet<LeaseKey> children, Long endedAtMillis) {
      return new Lease(
          lease.key(),
          null,
          lease.counter() + 1,
          checkpoint,
          null,
          lease.startAtMillis(),
          lease.parents(),
          children,
          lease.hashKeyRange(),
          endedAtMillis,
          null,
          0);
    }

    private List<Lease> parentRows(Lease lease) {
      return lease.parents().stream().map(rows::get).filter(Objects::nonNull).toList();
    }

    private void requireAncestorsRead(LeaseKey id) {
      for (LeaseKey parent : stream.entries.get(id).parents()) {
        // nothing more can be read from one that has expired, so its end is not waited for
        if (rows.containsKey(parent) && !isExpired(parent)) {
          assertThat(rows.get(parent).isFinished())
              .as("%s: %s starts before %s is finished", as, id, parent)
              .isTrue();
        }
        requireAncestorsRead(parent);
      }
    }

    void audit() {
      assertThat(Lineage.repairs(rows.values(), listing(), application)).as(as).isEmpty();
      long now = stream.nowMillis + (random.nextBoolean() ? Lineage.KEEP_FINISHED_MILLIS : 0);
      for (Lease lease : Lineage.deletable(rows.values(), listing(), now)) {
        rows.remove(lease.key());
        oldListing = listing(); // no listing is in use for as long as a finished row is kept
      }
    }

    void requireCovered() {
      assertThat(
              Lineage.holes(
                  rows.values().stream()
                      .filter(row -> !row.isFinished())
                      .map(row -> Objects.requireNonNull(row.hashKeyRange()))
                      .toList()))
          .as(as)
          .isEmpty();
    }

    /** No more resharding: everything closed is read. */
    void finish() {
      for (int i = 0; i < 20_000 && rows.values().stream().anyMatch(this::isToBeEnded); i++) {
        read(true);
        requireCovered();
      }
      assertThat(rows.values()).as(as).noneMatch(this::isToBeEnded);
      assertThat(rows.values().stream().filter(row -> !row.isFinished()).map(Lease::key))
          .as("%s: what is left is what is open", as)
          .containsExactlyElementsOf(
              stream.entries.keySet().stream().filter(stream::isOpen).toList());
    }

    private boolean isToBeEnded(Lease row) {
      return !row.isFinished() && !stream.isOpen(row.key());
    }
  }

  private static void simulate(boolean expires) {
    for (int seed = 0; seed < RUNS; seed++) {
      for (Start start : Start.values()) {
        Run run = new Run(seed, start, expires);
        for (int step = 0; step < STEPS; step++) {
          run.step();
        }
        run.finish();
        if (!expires) {
          assertThat(run.created)
              .as("%s: every shard since the start was given a row, and no other", run.as)
              .containsExactlyElementsOf(
                  run.stream.entries.keySet().stream()
                      .filter(
                          id ->
                              run.stream.isOpen(id)
                                  || run.stream.closed.get(id) > run.startAtMillis)
                      .toList());
        }
      }
    }
  }

  @Test
  void every_shard_since_the_start_is_read_once_and_after_its_parents() {
    simulate(false);
  }

  @Test
  void the_hash_keys_stay_covered_when_shards_expire_before_they_are_read() {
    simulate(true);
  }

  @Test
  void an_application_whose_rows_another_library_left_incomplete_is_repaired() {
    for (int seed = 0; seed < RUNS; seed++) {
      for (Start start : Start.values()) {
        Run run = new Run(seed, start, false);
        for (int step = 0; step < STEPS / 2; step++) {
          run.step();
        }
        // children that nobody has begun to read are missing, as if created later by a leader
        SortedSet<LeaseKey> parents = new TreeSet<>();
        run.rows.values().forEach(row -> parents.addAll(row.parents()));
        run.rows
            .values()
            .removeIf(
                row ->
                    row.counter() == 0
                        && hasFinishedParent(run, row)
                        && !parents.contains(row.key()));
        run.created.retainAll(run.rows.keySet());
        List<Lease> repairs = Lineage.repairs(run.rows.values(), run.listing(), run.application);
        run.create(repairs);
        run.requireCovered();
        run.finish();
      }
    }
  }

  private static boolean hasFinishedParent(Run run, Lease row) {
    return row.parents().stream()
        .anyMatch(parent -> run.rows.containsKey(parent) && run.rows.get(parent).isFinished());
  }
}
