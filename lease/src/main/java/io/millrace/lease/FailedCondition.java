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
   * Joined, if the entry is there; refused otherwise.
   *
   * @param old the page as it was found, empty if there is none
   */
  public static JoinResult join(Session session, Optional<SessionPage> old) {
    SessionPage page = old.orElseGet(() -> absent(session.id().page()));
    return page.session(session.id()).isPresent()
        ? new JoinResult.Joined(page)
        : new JoinResult.Refused(page);
  }

  /**
   * Alive, if the entry is there: its beat then is a higher one. Otherwise the session is lost.
   *
   * @param old the page as it was found, empty if there is none
   */
  public static BeatResult beat(SessionId session, Optional<SessionPage> old) {
    return old.filter(page -> page.session(session).isPresent())
        .<BeatResult>map(BeatResult.Alive::new)
        .orElseGet(BeatResult.SessionLost::new);
  }

  /**
   * Gone, if the entry is not there; otherwise it has beaten since.
   *
   * @param old the page as it was found, empty if there is none
   */
  public static ExpireResult expire(SessionId session, Optional<SessionPage> old) {
    return old.filter(page -> page.session(session).isPresent())
        .<ExpireResult>map(ExpireResult.Lives::new)
        .orElseGet(() -> new ExpireResult.Gone(false));
  }

  /**
   * Done, if the claimant holds the very next token.
   *
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
   * Done, if it is still held and stands at {@code next}.
   *
   * @param old the row as it was found, empty if there is none
   */
  public static OwnerResult checkpoint(HeldLease held, Checkpoint next, Optional<Lease> old) {
    return doneIf(isHeld(held, old) && old.get().checkpoint().equals(next), old);
  }

  /**
   * Done, if it is still held and this is what is pending.
   *
   * @param old the row as it was found, empty if there is none
   */
  public static OwnerResult prepare(
      HeldLease held, PendingCheckpoint pending, Optional<Lease> old) {
    return doneIf(isHeld(held, old) && pending.equals(old.get().pending()), old);
  }

  /**
   * Done, if it is still held and ended.
   *
   * @param old the row as it was found, empty if there is none
   */
  public static OwnerResult endShard(HeldLease held, Optional<Lease> old) {
    return checkpoint(held, Checkpoint.SHARD_END, old);
  }

  /**
   * Always lost: an announcement has no condition that its own effect could break.
   *
   * @param old the row as it was found, empty if there is none
   */
  public static OwnerResult announce(Optional<Lease> old) {
    return new OwnerResult.Lost(old);
  }

  /**
   * Done, if the successor, or nobody, has the very next token.
   *
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
   * Gone, if there was no row; otherwise it is not the one that was seen.
   *
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
