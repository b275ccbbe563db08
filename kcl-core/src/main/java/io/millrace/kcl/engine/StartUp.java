package io.millrace.kcl.engine;

import io.millrace.kcl.engine.EngineSettings.InitialPosition;
import io.millrace.kcl.lineage.FirstLeases;
import io.millrace.kcl.lineage.Lineage;
import io.millrace.kcl.stream.ShardListFilter;
import io.millrace.kcl.stream.StreamDescription;
import io.millrace.kcl.stream.StreamException;
import io.millrace.lease.Application;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseScan;
import io.millrace.lease.LeaseStoreException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The first steps of a worker: what stream this is, whether the table belongs to it, where the
 * application began to read, and, if nobody has done so yet, the first lease rows. The starting
 * position is resolved here, once in an application's life, and never again. Lives on the loop.
 */
final class StartUp {

  /** Rows created at a time. */
  private static final int MAX_WRITES_UNDER_WAY = 64;

  /**
   * How far before the server's clock {@code LATEST} is taken to be, against records that arrive
   * meanwhile.
   */
  private static final long LATEST_MARGIN_MILLIS = 1_000;

  private final EngineSettings settings;
  private final EnginePorts ports;
  private final EventLoop loop;
  private final ForeignOwners foreign;
  private final Consumer<Throwable> fatal;
  private final BooleanSupplier cancelled;
  private boolean watchingSaid;
  private boolean hasAdopted;

  /**
   * @param foreign shown the leases of a table in which nobody of us has written
   * @param cancelled whether the worker has stopped, and nothing is to be begun any more
   */
  StartUp(
      EngineSettings settings,
      EnginePorts ports,
      EventLoop loop,
      ForeignOwners foreign,
      Consumer<Throwable> fatal,
      BooleanSupplier cancelled) {
    this.settings = settings;
    this.ports = ports;
    this.loop = loop;
    this.foreign = foreign;
    this.fatal = fatal;
    this.cancelled = cancelled;
  }

  void begin(Consumer<Application> opened) {
    untilAnswered(
        "describe stream " + settings.names().stream(),
        ports.stream()::describe,
        description -> described(description, opened));
  }

  private void described(StreamDescription description, Consumer<Application> opened) {
    switch (description.status()) {
      case "CREATING" -> loop.after(500, () -> begin(opened));
      case "DELETING" ->
          fatal.accept(
              new IllegalStateException(
                  "Stream "
                      + description.arn()
                      + " is being deleted; there is nothing to consume"));
      default ->
          untilAnswered(
              "read $application",
              ports.store()::readApplication,
              present -> {
                if (present.isPresent()) {
                  compare(present.get(), application(description), opened);
                } else {
                  // before the first write: a table that others still use is left exactly as it is
                  lookForOthers(description, opened);
                }
              });
    }
  }

  private void lookForOthers(StreamDescription description, Consumer<Application> opened) {
    long startedAt = ports.clock().monotonicMillis();
    untilAnswered(
        "scan",
        ports.store()::scan,
        scan -> {
          if (scan.leases().isEmpty() && scan.unreadable().isEmpty()) {
            create(application(description), opened);
          } else {
            foreign.look(scan.leases(), startedAt, ports.clock().monotonicMillis());
            adopt(scan, description, opened);
          }
        });
  }

  /** There are leases, and nobody of us has written here: another library's table. */
  private void adopt(LeaseScan scan, StreamDescription description, Consumer<Application> opened) {
    Optional<String> refusal =
        Adoption.refusal(scan, settings.start().position(), settings.names().table());
    if (refusal.isPresent()) {
      fatal.accept(new IllegalStateException(refusal.get()));
      return;
    }
    ForeignOwners.Verdict verdict = foreign.verdict();
    if (verdict instanceof ForeignOwners.Verdict.Alive alive) {
      fatal.accept(
          new IllegalStateException(Adoption.stillUsed(alive.moves(), settings.names().table())));
    } else if (verdict instanceof ForeignOwners.Verdict.Watching watching) {
      if (!watchingSaid) {
        watchingSaid = true;
        ports
            .events()
            .notice(
                "WARN",
                Adoption.watching(
                    watching.leases(),
                    settings.names().table(),
                    settings.start().foreign().watchMillis()));
      }
      loop.after(watching.againInMillis(), () -> begin(opened));
    } else if (verdict instanceof ForeignOwners.Verdict.Dead dead) {
      adopted(scan, dead.leases(), description, opened);
    } else {
      adopted(scan, List.of(), description, opened);
    }
  }

  private void adopted(
      LeaseScan scan,
      List<Lease> owned,
      StreamDescription description,
      Consumer<Application> opened) {
    ports.events().notice("INFO", Adoption.taken(scan.leases(), owned, settings.names().table()));
    hasAdopted = true;
    Application ours = application(description);
    create(
        new Application(
            ours.streamArn(),
            ours.streamCreationMillis(),
            InitialPosition.TRIM_HORIZON.name(),
            ours.startAtMillis(),
            true),
        opened);
  }

  /** Whether this worker has just taken over the leases of another library. */
  boolean hasAdopted() {
    return hasAdopted;
  }

  private void create(Application ours, Consumer<Application> opened) {
    untilAnswered(
        "create $application",
        () -> ports.store().createApplication(ours),
        written -> compare(written, ours, opened));
  }

  private Application application(StreamDescription stream) {
    Long startAt =
        switch (settings.start().position()) {
          case TRIM_HORIZON -> null;
          case LATEST ->
              Math.max(stream.serverMillis() - LATEST_MARGIN_MILLIS, stream.creationMillis());
          case AT_TIMESTAMP -> settings.start().timestampMillis();
        };
    return new Application(
        stream.arn(), stream.creationMillis(), settings.start().position().name(), startAt, false);
  }

  private void compare(Application written, Application ours, Consumer<Application> opened) {
    if (written.isSameStreamAs(ours)) {
      opened.accept(written);
      return;
    }
    fatal.accept(otherStream(settings.names(), written, ours));
  }

  static IllegalStateException otherStream(
      EngineSettings.Names names, Application written, Application ours) {
    if (written.streamArn().equals(ours.streamArn())) {
      return new IllegalStateException(
          "Stream "
              + ours.streamArn()
              + " was deleted and created again: table "
              + names.table()
              + " belongs to the one created at "
              + written.streamCreationMillis()
              + " ms, this one was created at "
              + ours.streamCreationMillis()
              + " ms. Its shard ids repeat, so the old leases would hide new shards. Use another application name, or "
              + "delete the table if its checkpoints are no longer needed");
    }
    return new IllegalStateException(
        "Table "
            + names.table()
            + " of application "
            + names.application()
            + " belongs to stream "
            + written.streamArn()
            + ", but this worker is configured for "
            + ours.streamArn()
            + ". Give each stream an application name (or a table name) of its own");
  }

  /**
   * Creates the first rows, unless they are there, and notes that they are.
   *
   * @param mustWait whether rows must not be created at the moment: this worker is fenced
   */
  void createFirstLeases(
      Application application, BooleanSupplier mustWait, Consumer<Application> initialised) {
    ShardListFilter filter =
        application.startAtMillis() == null
            ? new ShardListFilter.AtTrimHorizon()
            : new ShardListFilter.AtTimestamp(application.startAtMillis());
    untilAnswered(
        "list shards",
        () -> ports.stream().listShards(filter),
        listing -> {
          FirstLeases first = Lineage.firstLeases(listing, application);
          if (first instanceof FirstLeases.Complete complete) {
            untilAnswered(
                "scan",
                ports.store()::scan,
                scan -> {
                  Deque<Lease> missing = new ArrayDeque<>(complete.rows());
                  List<Lease> present = scan.leases();
                  missing.removeIf(
                      lease -> present.stream().anyMatch(p -> p.key().equals(lease.key())));
                  new Creation(missing, mustWait, () -> markInitialised(initialised)).run();
                });
          } else if (first instanceof FirstLeases.Hole hole) {
            ports
                .events()
                .notice(
                    "WARN",
                    "The list of shards leaves a hole in the hash-key range, "
                        + hole
                        + "; listing again");
            loop.after(1_000, () -> createFirstLeases(application, mustWait, initialised));
          }
        });
  }

  private void markInitialised(Consumer<Application> initialised) {
    untilAnswered("mark initialised", ports.store()::markInitialised, initialised);
  }

  /** Creates rows, many at a time, each until it is there. */
  private final class Creation {
    private final Deque<Lease> missing;
    private final BooleanSupplier mustWait;
    private final Runnable then;
    private int underWay;

    Creation(Deque<Lease> missing, BooleanSupplier mustWait, Runnable then) {
      this.missing = missing;
      this.mustWait = mustWait;
      this.then = then;
    }

    void run() {
      if (cancelled.getAsBoolean()) {
        return;
      }
      if (mustWait.getAsBoolean()) {
        loop.after(200, this::run);
        return;
      }
      if (missing.isEmpty() && underWay == 0) {
        then.run();
        return;
      }
      while (underWay < MAX_WRITES_UNDER_WAY && !missing.isEmpty()) {
        Lease lease = missing.remove();
        underWay++;
        untilAnswered(
            "create lease " + lease.key(),
            () -> ports.store().create(lease),
            created -> {
              underWay--;
              if (underWay == 0 || !missing.isEmpty()) {
                run();
              }
            });
      }
    }
  }

  private <T> void untilAnswered(
      String what, Supplier<CompletionStage<T>> call, Consumer<T> answered) {
    untilAnswered(what, call, answered, 1);
  }

  private <T> void untilAnswered(
      String what, Supplier<CompletionStage<T>> call, Consumer<T> answered, int attempt) {
    if (cancelled.getAsBoolean()) {
      return;
    }
    loop.whenDone(
        call.get(),
        (value, error) -> {
          if (cancelled.getAsBoolean()) {
            return;
          }
          if (error == null) {
            answered.accept(value);
          } else if (isFatal(error)) {
            fatal.accept(error);
          } else {
            ports.events().storeTrouble(what, error);
            loop.after(
                Backoff.STREAM.millis(attempt, ports.random()),
                () -> untilAnswered(what, call, answered, attempt + 1));
          }
        });
  }

  private static boolean isFatal(Throwable error) {
    if (error instanceof StreamException stream) {
      return switch (stream.kind()) {
        case NOT_FOUND, ACCESS_DENIED, INVALID -> true;
        case THROTTLED, UNAVAILABLE, EXPIRED_ITERATOR -> false;
      };
    }
    return !(error instanceof LeaseStoreException store)
        || store.kind() != LeaseStoreException.Kind.NO_ANSWER;
  }
}
