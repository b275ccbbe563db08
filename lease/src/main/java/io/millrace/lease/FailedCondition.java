package io.millrace.lease;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.lease.LeaseStore.BeatResult;
import io.millrace.lease.LeaseStore.DeleteResult;
import io.millrace.lease.LeaseStore.ExpireResult;
import io.millrace.lease.LeaseStore.JoinResult;
import io.millrace.lease.LeaseStore.OwnerResult;
import java.util.Collections;
import java.util.Objects;
import java.util.Optional;

/**
 * What a failed condition means, decided from the row as the failed write found it.
 *
 * <p>A condition fails for one of two reasons: somebody else changed the row, or an earlier attempt
 * of this very write took effect without an answer (a lost response, or a retry inside a client).
 * The old row tells them apart. Every store decides here and nowhere else, so that they cannot
 * differ. Pure; all methods may be called from any thread.
 */
public final class FailedCondition {

  private FailedCondition() {}

  /**
   * @param old the page as it was found, empty if there is none
   */
  public static JoinResult join(Session session, Optional<SessionPage> old) {
    SessionPage page = old.orElseGet(() -> absent(session.id().page()));
    return page.session(session.id()).isPresent()
        ? new JoinResult.Joined(page)
        : new JoinResult.Refused(page);
  }

  /**
   * @param old the page as it was found, empty if there is none
   */
  public static BeatResult beat(SessionId session, Optional<SessionPage> old) {
    return old.filter(page -> page.session(session).isPresent())
        .<BeatResult>map(BeatResult.Alive::new)
        .orElseGet(BeatResult.SessionLost::new);
  }

  /**
   * @param old the page as it was found, empty if there is none
   */
  public static ExpireResult expire(SessionId session, Optional<SessionPage> old) {
    return old.filter(page -> page.session(session).isPresent())
        .<ExpireResult>map(ExpireResult.Lives::new)
        .orElseGet(() -> new ExpireResult.Gone(false));
  }

  /**
   * @param seen what the claim was conditional on
   * @param old the row as it was found, empty if there is none
   */
  public static OwnerResult claim(Lease seen, SessionId claimant, Optional<Lease> old) {
    return doneIf(
        old.isPresent()
            && old.get().isOwnedBy(claimant)
            && old.get().counter() == seen.counter() + 1,
        old);
  }

  /**
   * @param old the row as it was found, empty if there is none
   */
  public static OwnerResult checkpoint(HeldLease held, Checkpoint next, Optional<Lease> old) {
    return doneIf(isHeld(held, old) && old.get().checkpoint().equals(next), old);
  }

  /**
   * @param old the row as it was found, empty if there is none
   */
  public static OwnerResult prepare(
      HeldLease held, PendingCheckpoint pending, Optional<Lease> old) {
    return doneIf(isHeld(held, old) && pending.equals(old.get().pending()), old);
  }

  /**
   * @param old the row as it was found, empty if there is none
   */
  public static OwnerResult endShard(HeldLease held, Optional<Lease> old) {
    return checkpoint(held, Checkpoint.SHARD_END, old);
  }

  /**
   * @param old the row as it was found, empty if there is none
   */
  public static OwnerResult announce(Optional<Lease> old) {
    return new OwnerResult.Lost(old);
  }

  /**
   * @param successor empty for a release
   * @param old the row as it was found, empty if there is none
   */
  public static OwnerResult handOff(
      HeldLease held, Optional<SessionId> successor, Optional<Lease> old) {
    return doneIf(
        old.isPresent()
            && old.get().counter() == held.token() + 1
            && Objects.equals(old.get().owner(), successor.map(SessionId::value).orElse(null)),
        old);
  }

  /**
   * @param oldRowExists whether there was a row
   */
  public static DeleteResult delete(boolean oldRowExists) {
    return oldRowExists ? DeleteResult.CHANGED : DeleteResult.GONE;
  }

  private static boolean isHeld(HeldLease held, Optional<Lease> old) {
    return old.isPresent()
        && old.get().isOwnedBy(held.owner())
        && old.get().counter() == held.token();
  }

  private static OwnerResult doneIf(boolean mine, Optional<Lease> old) {
    return mine ? new OwnerResult.Done(old.get()) : new OwnerResult.Lost(old);
  }

  /** Version 0 is older than any page that exists, so no reader prefers it. */
  private static SessionPage absent(int number) {
    return new SessionPage(number, 0, 0, Collections.emptySortedMap(), 0, 0);
  }
}
