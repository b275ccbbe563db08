package io.millrace.connectors.redshift;

import java.util.List;

/** What became of a load. */
sealed interface LoadResult {

  /**
   * The transaction is committed.
   *
   * @param ranges those of the load, as the history has them now: with the records that COPY has
   *     dropped among the exclusions
   */
  record Loaded(List<SourceRange> ranges) implements LoadResult {
    public Loaded {
      ranges = List.copyOf(ranges);
    }
  }

  /**
   * Nothing was loaded, since some of the ranges are in the history already.
   *
   * @param ranges these, with the end and the exclusions that the history has: they are adopted,
   *     and what is left may be loaded without them
   */
  record Found(List<SourceRange> ranges) implements LoadResult {
    public Found {
      ranges = List.copyOf(ranges);
    }
  }
}
