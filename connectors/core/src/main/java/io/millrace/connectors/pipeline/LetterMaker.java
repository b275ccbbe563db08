package io.millrace.connectors.pipeline;

import io.millrace.kcl.Record;
import io.millrace.kcl.deadletter.DeadLetter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Makes and stores the dead letters of an emission. */
final class LetterMaker<U> {
  private static final int LETTERS_AT_A_TIME = 100;

  private final PipelineSettings<U> settings;

  LetterMaker(PipelineSettings<U> settings) {
    this.settings = settings;
  }

  /**
   * What is to be stored.
   *
   * @param stored each made when it is its turn: stack traces take room
   * @param first which record, and why
   */
  record Letters(List<Supplier<DeadLetter>> stored, String first) {
    int count() {
      return stored.size();
    }
  }

  /** The letters of an emission that has some. */
  Letters of(Emission<U> emission, String shardId) {
    Instant at = Instant.ofEpochMilli(settings.tools().clock().wallMillis());
    List<Supplier<DeadLetter>> stored = new ArrayList<>();
    emission.letters().forEach(letter -> stored.add(() -> letter(letter, shardId, at)));
    emission.othersLetters().forEach(letter -> stored.add(() -> letter));
    String first =
        emission.letters().stream()
            .map(letter -> letter.record().record() + ": " + letter.reason())
            .findFirst()
            .orElseGet(
                () ->
                    emission.othersLetters().get(0)
                        + ": "
                        + emission.othersLetters().get(0).errorMessage());
    return new Letters(stored, first);
  }

  /** Stores all of them, a hundred at a time; fails if one of them could not be stored. */
  CompletionStage<Void> store(Letters letters) {
    return store(letters.stored(), 0);
  }

  private CompletionStage<Void> store(List<Supplier<DeadLetter>> letters, int from) {
    int to = Math.min(letters.size(), from + LETTERS_AT_A_TIME);
    List<CompletableFuture<Void>> stored = new ArrayList<>();
    for (Supplier<DeadLetter> letter : letters.subList(from, to)) {
      stored.add(
          Stages.of(() -> settings.badRecords().destination().store(letter.get()))
              .toCompletableFuture());
    }
    CompletableFuture<Void> all =
        CompletableFuture.allOf(stored.toArray(new CompletableFuture<?>[0]));
    return to == letters.size()
        ? all
        : all.thenComposeAsync(nothing -> store(letters, to), settings.tools().executor());
  }

  private DeadLetter letter(Emission.Letter<U> letter, String shardId, Instant at) {
    Record record = letter.record().record();
    DeadLetter.Builder builder =
        DeadLetter.builder().stream(settings.stream())
            .shardId(shardId)
            .partitionKey(record.getPartitionKey())
            .explicitHashKey(record.getExplicitHashKey())
            .position(record.getSequenceNumber(), record.getSubSequenceNumber())
            .approximateArrival(record.getApproximateArrivalTimestamp())
            .payload(record.getData())
            .attempts(letter.attempts())
            .failedAt(at);
    return (letter.error() == null
            ? builder.error(null, letter.reason(), null)
            : builder.error(letter.error()))
        .build();
  }
}
