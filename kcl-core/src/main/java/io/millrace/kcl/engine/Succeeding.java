package io.millrace.kcl.engine;

import io.millrace.kcl.lineage.Lineage;
import io.millrace.kcl.lineage.Succession;
import io.millrace.kcl.stream.Shard;
import io.millrace.kcl.stream.ShardListFilter;
import io.millrace.lease.Application;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Creates the rows of the shards that follow a finished one. Repeats until they are all there: a
 * shard end is not written before that. Lives on the loop.
 */
final class Succeeding {

  /**
   * @param finished the lease whose shard has ended
   * @param named the children that the stream named
   * @param knownRows all rows, as known when asked
   * @param fenced whether rows must not be created at the moment
   * @param cancelled whether nobody waits for this any more
   * @param created told of each row
   * @param then told the children once every row is there
   */
  record Request(
      Lease finished,
      List<LeaseKey> named,
      Application application,
      Supplier<Collection<Lease>> knownRows,
      BooleanSupplier fenced,
      BooleanSupplier cancelled,
      Consumer<Lease> created,
      Consumer<SortedSet<LeaseKey>> then) {}

  /** So many listings in a row are enough to believe what none of them should say. */
  private static final int MAX_DOUBTS = 20;

  private final EnginePorts ports;
  private final EventLoop loop;

  Succeeding(EnginePorts ports, EventLoop loop) {
    this.ports = ports;
    this.loop = loop;
  }

  void createRows(Request request) {
    attempt(request, 1);
  }

  private void attempt(Request request, int attempt) {
    if (request.cancelled().getAsBoolean()) {
      return;
    }
    loop.whenDone(
        ports.stream().listShards(new ShardListFilter.All()),
        (listing, error) -> {
          if (error != null) {
            ports.events().readFailed(request.finished().key(), error);
            again(request, attempt);
            return;
          }
          Succession succession =
              Lineage.succession(
                  request.finished(),
                  believed(request, listing, attempt),
                  listing,
                  request.knownRows().get(),
                  request.application());
          if (succession instanceof Succession.Found found) {
            found(request, found);
          } else if (succession instanceof Succession.Incomplete incomplete
              && attempt >= MAX_DOUBTS) {
            ports
                .events()
                .gap(
                    request.finished().key(),
                    "the list of shards goes on leaving out "
                        + incomplete.leftOut()
                        + ", which must be read before "
                        + incomplete.otherwise().children()
                        + "; taken for expired");
            found(request, incomplete.otherwise());
          } else {
            again(request, attempt);
          }
        });
  }

  private void found(Request request, Succession.Found found) {
    if (found instanceof Succession.Expired) {
      ports
          .events()
          .gap(
              request.finished().key(),
              "children have expired too; reading goes on with " + found.children());
    }
    create(request, found, 0, 1);
  }

  /**
   * The children to look for. A listing that does not show one that the stream has named may be
   * older than that, and is asked for again. But the child may also have expired since: if it goes
   * on like that, what follows the shard is found from the listing alone, as for a shard that has
   * expired itself. A listing that is too old is recognised there too.
   */
  private static List<LeaseKey> believed(Request request, List<Shard> listing, int attempt) {
    SortedSet<LeaseKey> listed = new TreeSet<>();
    listing.forEach(shard -> listed.add(shard.id()));
    return attempt < MAX_DOUBTS || listed.containsAll(request.named())
        ? request.named()
        : List.of();
  }

  private void create(Request request, Succession.Found found, int index, int attempt) {
    if (request.cancelled().getAsBoolean()) {
      return;
    }
    if (index == found.rows().size()) {
      request.then().accept(found.children());
      return;
    }
    if (request.fenced().getAsBoolean()) {
      loop.after(200, () -> create(request, found, index, attempt));
      return;
    }
    loop.whenDone(
        ports.store().create(found.rows().get(index)),
        (row, error) -> {
          if (error == null) {
            request.created().accept(row);
            create(request, found, index + 1, 1);
          } else {
            ports.events().storeTrouble("create lease", error);
            loop.after(
                Backoff.STORE.millis(attempt, ports.random()),
                () -> create(request, found, index, attempt + 1));
          }
        });
  }

  private void again(Request request, int attempt) {
    loop.after(Backoff.STREAM.millis(attempt, ports.random()), () -> attempt(request, attempt + 1));
  }
}
