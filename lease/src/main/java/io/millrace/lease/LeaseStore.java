package io.millrace.lease;

import io.millrace.checkpoint.Checkpoint;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.concurrent.CompletionStage;

/**
 * The table that a fleet agrees through. Every write is one conditional update of one row; the
 * condition, not anything a caller checked before, decides.
 *
 * <p>Each operation completes with an outcome, which says what is true now, or exceptionally with a
 * {@link LeaseStoreException}. Repeating an operation with the same arguments is always safe: where
 * a first attempt took effect without an answer, the repetition finds its trace in the row and
 * reports success. Every read is consistent.
 *
 * <p>Calls do not block; stages complete on a thread of the store's own, where no work may be done.
 * All methods may be called from any thread. Arguments and outcomes are never null unless it says
 * so; an argument that is wrong in itself is refused at once, with an {@link
 * IllegalArgumentException} or {@link NullPointerException}.
 */
public interface LeaseStore {

  // ---- the application row

  /** Reads {@code $application}; empty if the table has none yet. */
  CompletionStage<Optional<Application>> readApplication();

  /**
   * Writes {@code $application} if there is none; completes with the row that is there now, whoever
   * wrote it.
   */
  CompletionStage<Application> createApplication(Application application);

  /**
   * Records that the first lease rows all exist; completes with the row as it is now. Without such
   * a row it fails with {@link LeaseStoreException.Kind#INVALID}.
   */
  CompletionStage<Application> markInitialised();

  // ---- sessions

  /** Reads one page; empty if it does not exist. */
  CompletionStage<Optional<SessionPage>> readPage(int page);

  /**
   * Makes sure that a page exists: raises {@code pageCount} first, then creates the page, so that
   * no observer misses it. A lower page that was never created reads as absent, which means the
   * same as an empty one. Page 0 must exist before any other; without it this fails with {@link
   * LeaseStoreException.Kind#INVALID}.
   *
   * @param page not negative
   */
  CompletionStage<SessionPage> createPage(int page);

  /**
   * Adds a session to its page, on condition that nobody joined since {@code joins} and that there
   * is room. Where the page does not exist, it is refused with an empty page of version 0.
   *
   * @param session its id names page and joins
   */
  CompletionStage<JoinResult> join(Session session);

  /**
   * Writes a heartbeat: sets {@code beat} and the other fields of the entry, on condition that it
   * exists and its beat is not higher.
   */
  CompletionStage<BeatResult> beat(Session session);

  /** Removes another's entry, on condition that its beat still is {@code observedBeat}. */
  CompletionStage<ExpireResult> expire(SessionId session, long observedBeat);

  /** Removes an entry, if it exists; completes with the page, or empty if the page is gone. */
  CompletionStage<Optional<SessionPage>> leave(SessionId session);

  /**
   * Raises the generation, so that every worker reads the leases anew; completes with page 0, or
   * empty if that row does not exist any more (the application's rows were removed).
   */
  CompletionStage<Optional<SessionPage>> bump();

  // ---- leases

  /** Reads every lease row; one that cannot be read is reported and does not fail the scan. */
  CompletionStage<LeaseScan> scan();

  /**
   * Reads one lease row; empty if there is none. A row that cannot be read fails with {@link
   * LeaseStoreException.Kind#INVALID} and what is wrong with it, here and in every other operation
   * on it.
   */
  CompletionStage<Optional<Lease>> readLease(LeaseKey key);

  /** Writes a new row if there is none with its key; completes with the row that is there now. */
  CompletionStage<Lease> create(Lease lease);

  /**
   * Takes a lease over, on condition that owner and counter are still as seen and the shard is not
   * ended. Drops an announced heir.
   *
   * <p>A claim that resolves the row's position is also conditional on the checkpoint seen:
   * otherwise it would overwrite one that a dying owner's last write has just stored.
   *
   * @param seen the row as it was read
   * @param startAtMillis when present, what {@code LATEST}, or {@code AT_TIMESTAMP} on a row that
   *     does not say, means: stored in the same write as {@code AT_TIMESTAMP}; other rows are left
   *     as they are
   */
  CompletionStage<OwnerResult> claim(Lease seen, SessionId claimant, OptionalLong startAtMillis);

  /**
   * Moves the checkpoint and drops the pending one, on condition that the lease is held and the
   * checkpoint still is {@code previous}. Writing {@link Checkpoint#SHARD_END} goes through {@link
   * #endShard}.
   */
  CompletionStage<OwnerResult> checkpoint(HeldLease held, Checkpoint previous, Checkpoint next);

  /**
   * Stores a pending checkpoint, on condition that the lease is held, the checkpoint still is
   * {@code previous}, and the pending one still is {@code previousPending}: without the last, an
   * attempt that was long under way could put an older pending checkpoint in place of a newer one.
   *
   * @param previousPending null for none
   */
  CompletionStage<OwnerResult> prepare(
      HeldLease held,
      Checkpoint previous,
      PendingCheckpoint previousPending,
      PendingCheckpoint pending);

  /**
   * Writes {@code SHARD_END}, on the same condition as a checkpoint.
   *
   * @param children stored on the row; empty leaves what is there
   * @param endedAtMillis the writer's wall clock, in epoch milliseconds
   */
  CompletionStage<OwnerResult> endShard(
      HeldLease held, Checkpoint previous, SortedSet<LeaseKey> children, long endedAtMillis);

  /** Announces to whom the lease will be handed, on condition that it is held. */
  CompletionStage<OwnerResult> announce(HeldLease held, SessionId heir);

  /**
   * Gives the lease to a successor, or to nobody. Once called, the caller never delivers under that
   * token again, whatever the outcome.
   *
   * @param successor empty to release it
   */
  CompletionStage<OwnerResult> handOff(HeldLease held, Optional<SessionId> successor);

  /** Deletes a finished lease's row, on condition that it is ended and its counter is as seen. */
  CompletionStage<DeleteResult> delete(Lease seen);

  // ---- outcomes

  /** Of {@link #join}. */
  sealed interface JoinResult {
    /** The page as it is now. */
    SessionPage page();

    /** The session is in its page. */
    record Joined(SessionPage page) implements JoinResult {}

    /** Somebody joined first, or there is no room: read again and take a new id. */
    record Refused(SessionPage page) implements JoinResult {}
  }

  /** Of {@link #beat}. */
  sealed interface BeatResult {
    /** The session lives. */
    record Alive(SessionPage page) implements BeatResult {}

    /** The entry is gone: this session is over. */
    record SessionLost() implements BeatResult {}
  }

  /** Of {@link #expire}. */
  sealed interface ExpireResult {
    /** The entry is gone; {@code byThisCall} if this call removed it. */
    record Gone(boolean byThisCall) implements ExpireResult {}

    /** The session has beaten since: it lives. */
    record Lives(SessionPage page) implements ExpireResult {}
  }

  /** Of every write to a lease by its owner, and of a claim. */
  sealed interface OwnerResult {
    /** It took effect, now or in an earlier attempt; the row as it is now. */
    record Done(Lease lease) implements OwnerResult {}

    /**
     * The condition failed; the row as it is now, empty if there is none. A row that still names
     * the caller with its token says that the caller was wrong about the checkpoint.
     */
    record Lost(Optional<Lease> current) implements OwnerResult {}
  }

  /** Of {@link #delete}. */
  enum DeleteResult {
    /** There is no such row. */
    GONE,
    /** The row is not as seen: plan again. */
    CHANGED
  }
}
