package io.millrace.lease.plan;

import io.millrace.lease.Lease;
import java.util.Objects;

/**
 * One lease as this worker sees it now.
 *
 * @param lease the row as last read
 * @param holder who holds it
 * @param sinceMillis monotonic time: when this worker began to hold it ({@link Holder#ME}), or
 *     since when it has seen the lease free and ready to start, see {@link LeasePlanner#eligible}
 *     ({@link Holder#FREE}); of no meaning otherwise
 * @param busy whether this worker is already doing something about it: a claim or another write in
 *     flight, a hand-off announced, a consumer that drains
 */
public record LeaseView(Lease lease, Holder holder, long sinceMillis, boolean busy) {

  public LeaseView {
    Objects.requireNonNull(lease);
    Objects.requireNonNull(holder);
  }
}
