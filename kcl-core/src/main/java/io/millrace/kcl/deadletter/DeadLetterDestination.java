package io.millrace.kcl.deadletter;

import java.util.concurrent.CompletionStage;

/**
 * Keeps records that could not be processed. The position of a shard passes a dead letter only when
 * it is stored, so a destination that fails holds its shards up, and loses nothing.
 */
@FunctionalInterface
public interface DeadLetterDestination {

  /**
   * Stores a letter. Called from any thread, for several letters at a time; must not block.
   *
   * <p>A letter may come again, after a failure, a crash, or when a shard changes hands: storing it
   * twice must do no harm, as sequence number and sub-sequence number tell.
   *
   * @return completes when the letter will not be lost any more, on any thread; exceptionally if it
   *     could not be stored, and the caller tries again later
   */
  CompletionStage<Void> store(DeadLetter letter);
}
