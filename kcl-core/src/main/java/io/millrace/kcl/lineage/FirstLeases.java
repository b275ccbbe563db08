package io.millrace.kcl.lineage;

import io.millrace.lease.HashKeyRange;
import io.millrace.lease.Lease;
import java.util.List;

/** The rows that an application starts with. */
public sealed interface FirstLeases {

  /**
   * The listing covers every hash key.
   *
   * @param rows to be put if absent, in this order: parents come before children
   */
  record Complete(List<Lease> rows) implements FirstLeases {
    public Complete {
      rows = List.copyOf(rows);
    }
  }

  /**
   * The listing leaves hash keys out, so it is not one of a moment: list again.
   *
   * @param missing the ranges that no listed shard covers
   */
  record Hole(List<HashKeyRange> missing) implements FirstLeases {
    public Hole {
      missing = List.copyOf(missing);
    }
  }
}
