package io.millrace.kcl.engine;

import io.millrace.kcl.lineage.Lineage;
import io.millrace.kcl.stream.Shard;
import io.millrace.kcl.stream.ShardListFilter;
import io.millrace.kcl.stream.StreamDescription;
import io.millrace.kcl.stream.StreamException;
import io.millrace.lease.Application;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseScan;
import io.millrace.lease.LeaseStore.DeleteResult;
import java.util.List;
import java.util.function.Consumer;

/**
 * Looks now and then whether the table still covers the stream: rows for holes, rows that nobody
 * needs, and whether it is still the same stream. One session does it; zero or several do no harm,
 * since rows are only put if absent. Lives on the loop.
 */
final class Audit {

  interface Host {
    boolean mayWrite();

    void scanned(LeaseScan scan, long startedAt);

    void created(Lease lease);

    void deleted(LeaseKey key);

    void streamChanged(RuntimeException why);

    void trouble(String what, Throwable error);
  }

  private final EnginePorts ports;
  private final EventLoop loop;
  private boolean running;

  Audit(EnginePorts ports, EventLoop loop) {
    this.ports = ports;
    this.loop = loop;
  }

  void run(Application application, Host host) {
    if (running) {
      return;
    }
    running = true;
    loop.whenDone(
        ports.stream().describe(),
        (description, error) -> {
          if (error != null) {
            running = false;
            if (isGone(error)) {
              host.streamChanged(deleted(application));
            } else {
              host.trouble("describe stream", error);
            }
          } else if (isOther(application, description)) {
            running = false;
            host.streamChanged(recreated(application, description));
          } else {
            list(application, host);
          }
        });
  }

  private void list(Application application, Host host) {
    loop.whenDone(
        ports.stream().listShards(new ShardListFilter.All()),
        (listing, error) -> {
          if (error != null) {
            running = false;
            host.trouble("list shards", error);
          } else {
            scan(application, listing, host);
          }
        });
  }

  private void scan(Application application, List<Shard> listing, Host host) {
    long startedAt = ports.clock().monotonicMillis();
    loop.whenDone(
        ports.store().scan(),
        (scan, error) -> {
          running = false;
          if (error != null) {
            host.trouble("scan", error);
            return;
          }
          host.scanned(scan, startedAt);
          if (host.mayWrite()) {
            mend(application, listing, scan.ofOneStream(), host);
          }
        });
  }

  private void mend(Application application, List<Shard> listing, LeaseScan scan, Host host) {
    // a row that cannot be read may cover what looks like a hole
    if (scan.unreadable().isEmpty()) {
      for (Lease row : Lineage.repairs(scan.leases(), listing, application)) {
        ports
            .events()
            .notice(
                "WARN",
                "No lease covers shard " + row.key() + ": its row was missing and is created");
        loop.whenDone(
            ports.store().create(row),
            (created, error) -> {
              if (error == null) {
                host.created(created);
              } else {
                host.trouble("create lease", error);
              }
            });
      }
    }
    for (Lease row : Lineage.deletable(scan.leases(), listing, ports.clock().wallMillis())) {
      loop.whenDone(
          ports.store().delete(row),
          (result, error) -> {
            if (error != null) {
              host.trouble("delete lease", error);
            } else if (result == DeleteResult.GONE) {
              host.deleted(row.key());
            }
          });
    }
  }

  /**
   * Whether the stream is still the same; every worker asks now and then, since every one of them
   * must stop if it is not.
   */
  void checkStream(Application application, Consumer<Throwable> streamGone) {
    loop.whenDone(
        ports.stream().describe(),
        (description, error) -> {
          if (isGone(error)) {
            streamGone.accept(deleted(application));
          } else if (error == null && isOther(application, description)) {
            streamGone.accept(recreated(application, description));
          }
        });
  }

  /**
   * A shard was not found. Finds out whether the stream is still the same, and if so, whether the
   * shard has expired.
   *
   * @param streamGone told if the stream was deleted, or created anew
   * @param answer told whether the shard is gone from the stream; not called if that could not be
   *     found out
   */
  void checkShard(
      Application application,
      LeaseKey shard,
      Consumer<Throwable> streamGone,
      Consumer<Boolean> answer) {
    loop.whenDone(
        ports.stream().describe(),
        (description, error) -> {
          if (error != null) {
            if (isGone(error)) {
              streamGone.accept(deleted(application));
            }
          } else if (isOther(application, description)) {
            streamGone.accept(recreated(application, description));
          } else {
            loop.whenDone(
                ports.stream().listShards(new ShardListFilter.All()),
                (listing, failed) -> {
                  if (failed == null) {
                    answer.accept(listing.stream().noneMatch(s -> s.id().equals(shard)));
                  }
                });
          }
        });
  }

  private static boolean isGone(Throwable error) {
    return error instanceof StreamException stream
        && stream.kind() == StreamException.Kind.NOT_FOUND;
  }

  private static boolean isOther(Application application, StreamDescription description) {
    return !description.arn().equals(application.streamArn())
        || description.creationMillis() != application.streamCreationMillis();
  }

  private static IllegalStateException deleted(Application application) {
    return new IllegalStateException(
        "Stream "
            + application.streamArn()
            + " does not exist any more; there is nothing to consume");
  }

  private static IllegalStateException recreated(
      Application application, StreamDescription description) {
    return new IllegalStateException(
        "Stream "
            + application.streamArn()
            + " was deleted and created again (at "
            + description.creationMillis()
            + " ms, before at "
            + application.streamCreationMillis()
            + " ms) while this worker was running. Its shard ids repeat, so the old leases would hide new shards. "
            + "Use another application name, or delete the table if its checkpoints are no longer needed");
  }
}
