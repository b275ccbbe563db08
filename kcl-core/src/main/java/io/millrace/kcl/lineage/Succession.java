package io.millrace.kcl.lineage;

import io.millrace.lease.HashKeyRange;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** What follows a shard whose end has been reached. */
public sealed interface Succession {

  /** {@code SHARD_END} may be written once {@link #rows} all exist. */
  sealed interface Found extends Succession {
    /** To be put if absent, in this order: a row comes after those of its parents. */
    List<Lease> rows();

    /** The shards that follow; what goes to the finished row's children. */
    SortedSet<LeaseKey> children();
  }

  /** The shard's children are known. */
  record Children(List<Lease> rows, SortedSet<LeaseKey> children) implements Found {
    public Children {
      rows = List.copyOf(rows);
      children = Collections.unmodifiableSortedSet(new TreeSet<>(children));
    }
  }

  /**
   * The shard has expired, and so have some or all of its children: reading goes on with the oldest
   * shards that are left in its place. What was in the expired ones and not read is lost, which the
   * caller reports.
   */
  record Expired(List<Lease> rows, SortedSet<LeaseKey> children) implements Found {
    public Expired {
      rows = List.copyOf(rows);
      children = Collections.unmodifiableSortedSet(new TreeSet<>(children));
    }
  }

  /**
   * The listing does not know what follows: list again before anything is written.
   *
   * @param unlisted children that {@code GetRecords} named and the listing does not contain
   * @param uncovered the part of the shard's range for which no successor is listed
   */
  record ListingTooOld(SortedSet<LeaseKey> unlisted, List<HashKeyRange> uncovered)
      implements Succession {
    public ListingTooOld {
      unlisted = Collections.unmodifiableSortedSet(new TreeSet<>(unlisted));
      uncovered = List.copyOf(uncovered);
    }
  }

  /**
   * The listing leaves out a parent of what follows that has no row, although it contains an older
   * shard of the same hash keys. Shards expire in the order in which they closed, so this parent
   * has not: list again. A stream that goes on saying so is believed in the end.
   *
   * @param leftOut the parents that are missing
   * @param otherwise what follows if they have expired all the same
   */
  record Incomplete(SortedSet<LeaseKey> leftOut, Found otherwise) implements Succession {
    public Incomplete {
      leftOut = Collections.unmodifiableSortedSet(new TreeSet<>(leftOut));
    }
  }
}
