package io.millrace.connectors.pipeline;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.connectors.sink.Commit;
import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.Outcome;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.deadletter.DeadLetter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

// prepare → emit → store dead letters → checkpoint, in this order and each until it has happened:
// what is named to the successor before anything can be seen in the sink; what is in the sink
// before the records that are not; both before the checkpoint that makes the stream forget them.
/**
 * One cut on its way into the sink: which step is next, and what it needs. Pure; used by one thread
 * at a time.
 */
final class Emission<U> {

  /** What is to be done next. */
  enum Step {
    PREPARE,
    EMIT,
    STORE_LETTERS,
    CHECKPOINT,
    DONE
  }

  /** A record that becomes a dead letter. */
  record Letter<U>(Taken<U> record, String reason, Throwable error, int attempts) {}

  /**
   * What the answers of a sink came to.
   *
   * @param usedUp items that were asked to be tried again once too often, or too late
   */
  record Tally<U>(int delivered, int duplicates, int retried, List<RangeItem<U>> usedUp) {}

  private final ShardBuffer<U> buffer;
  private final Cut<U> cut;
  private final RecordRange<U> range;
  private final PreparedRange intention;
  private final RetryLimits limits;
  private final Map<Checkpoint, Letter<U>> letters = new TreeMap<>();
  private final Map<RangeItem<U>, Integer> attempts = new HashMap<>();
  private List<DeadLetter> othersLetters = List.of();
  private List<RangeItem<U>> open;
  private int calls;
  private Step step;
  private List<Taken<U>> settled;
  private Checkpoint checkpointAt;

  /**
   * @param range null if the cut is not for the sink
   * @param intention to prepare; null if the sink's kind, or the cut, needs none
   */
  Emission(
      ShardBuffer<U> buffer,
      Cut<U> cut,
      RecordRange<U> range,
      PreparedRange intention,
      RetryLimits limits) {
    this.buffer = buffer;
    this.cut = cut;
    this.range = range;
    this.intention = intention;
    this.limits = limits;
    this.settled = cut.taken();
    this.checkpointAt = cut.checkpointAt();
    for (Taken<U> record : cut.taken()) {
      if (record.exclusion() != null && cut.stored() == null) {
        addLetter(record, record.exclusion().reason(), null, 1);
      }
    }
    if (cut.stored() != null) {
      exclude(cut.stored());
    }
    this.open = cut.isForSink() ? cut.items() : List.of();
    this.step =
        !cut.isForSink()
            ? afterSink()
            : intention != null && !intention.equals(cut.prepared()) ? Step.PREPARE : Step.EMIT;
  }

  Step step() {
    return step;
  }

  Cut<U> cut() {
    return cut;
  }

  /** What to prepare. */
  PreparedRange intention() {
    return Objects.requireNonNull(intention);
  }

  void prepared() {
    expect(Step.PREPARE);
    step = Step.EMIT;
  }

  /** What to emit now; every call counts as an attempt. */
  RecordRange<U> next() {
    expect(Step.EMIT);
    calls++;
    return new RecordRange<>(
        range.start(),
        range.name(),
        range.end(),
        open,
        range.exclusions(),
        range.bytes(),
        range.writer(),
        calls);
  }

  /** Whether nothing is left to store, though the range was for the sink. */
  boolean hasItems() {
    return !open.isEmpty();
  }

  /** The sink takes items one by one, and there was none. */
  void nothingToDeliver() {
    expect(Step.EMIT);
    step = afterSink();
  }

  /** The range's commit record is there. */
  void committed(Commit commit) {
    expect(Step.EMIT);
    ShardBuffer.Settlement<U> settlement = buffer.committed(cut, commit);
    settled = settlement.records();
    checkpointAt = settlement.checkpointAt();
    if (!commit.byThisCall()) {
      letters.clear(); // what is a dead letter is for the commit record to say
    }
    exclude(commit.exclusions());
    othersLetters = commit.letters();
    step = afterSink();
  }

  /**
   * The sink's answers.
   *
   * @param outcomes of the items of the last {@link #next}
   * @param wallMillis the clock that records' arrival is compared with
   */
  Tally<U> answered(List<Outcome> outcomes, long wallMillis) {
    expect(Step.EMIT);
    if (outcomes.size() != open.size()) {
      throw new IllegalStateException(
          "The sink gave "
              + outcomes.size()
              + " outcomes for "
              + open.size()
              + " items; it must give one for each");
    }
    List<RangeItem<U>> again = new ArrayList<>();
    int delivered = 0;
    int duplicates = 0;
    List<RangeItem<U>> usedUp = new ArrayList<>();
    for (int i = 0; i < open.size(); i++) {
      RangeItem<U> item = open.get(i);
      Outcome outcome = outcomes.get(i);
      // the sink's trouble, throttling say, is nobody's attempt and does not age a record to death
      boolean sinksTrouble =
          outcome instanceof Outcome.Retry retry && retry.why() instanceof SinkException;
      int tried = attempts.merge(item, sinksTrouble ? 0 : 1, Integer::sum);
      if (outcome instanceof Outcome.Delivered) {
        delivered++;
      } else if (outcome instanceof Outcome.Duplicate) {
        duplicates++;
      } else if (outcome instanceof Outcome.Poison poison) {
        giveUp(item, poison.why(), tried);
      } else if (outcome instanceof Outcome.Retry retry) {
        long age = wallMillis - item.record().getApproximateArrivalTimestamp().toEpochMilli();
        if (!sinksTrouble && (tried >= limits.attempts() || age >= limits.ageMillis())) {
          usedUp.add(item);
          giveUp(item, retry.why(), tried);
        } else {
          again.add(item);
        }
      } else {
        throw new IllegalStateException("The sink gave no outcome for " + item.record());
      }
    }
    open = again;
    if (again.isEmpty()) {
      step = afterSink();
    }
    return new Tally<>(delivered, duplicates, again.size(), usedUp);
  }

  private void giveUp(RangeItem<U> item, Throwable why, int tried) {
    for (Taken<U> record : cut.taken()) {
      if (record.position().equals(item.position())) {
        addLetter(record, String.valueOf(why.getMessage()), why, tried);
        return;
      }
    }
    throw new IllegalStateException("Not of this range: " + item.record());
  }

  private void exclude(List<Exclusion> exclusions) {
    Map<Checkpoint, Taken<U>> byPosition = new HashMap<>();
    for (Taken<U> record : settled) {
      if (record.record() != null) {
        byPosition.put(record.position(), record);
      }
    }
    for (Exclusion exclusion : exclusions) {
      Taken<U> record = byPosition.get(exclusion.position());
      if (record != null) {
        addLetter(record, exclusion.reason(), null, Math.max(1, calls));
      }
    }
  }

  private void addLetter(Taken<U> record, String reason, Throwable error, int tried) {
    letters.putIfAbsent(record.position(), new Letter<>(record, reason, error, tried));
  }

  private Step afterSink() {
    return letters.isEmpty() && othersLetters.isEmpty() ? afterLetters() : Step.STORE_LETTERS;
  }

  private Step afterLetters() {
    return checkpointAt == null ? Step.DONE : Step.CHECKPOINT;
  }

  /** The dead letters to store, by position. */
  List<Letter<U>> letters() {
    return List.copyOf(letters.values());
  }

  /** Dead letters of other records than this shard's, to be stored with the others. */
  List<DeadLetter> othersLetters() {
    return othersLetters;
  }

  void lettersStored() {
    expect(Step.STORE_LETTERS);
    step = afterLetters();
  }

  Checkpoint checkpointAt() {
    return checkpointAt;
  }

  void checkpointed() {
    expect(Step.CHECKPOINT);
    step = Step.DONE;
  }

  /** The records that are settled when it is done; not those that went back into the buffer. */
  List<Taken<U>> settled() {
    return settled;
  }

  private void expect(Step expected) {
    if (step != expected) {
      throw new IllegalStateException("Expected " + expected + ", but the next step is " + step);
    }
  }

  /** The range that a cut is for a sink; {@code name} as the sink said, or as it was prepared. */
  static <U> RecordRange<U> range(Cut<U> cut, RangeStart start, String name, String writer) {
    return new RecordRange<>(
        start,
        name,
        cut.end(),
        cut.items(),
        cut.exclusions(),
        cut.taken().stream()
            .filter(t -> !t.items().isEmpty())
            .mapToLong(t -> t.record().getData().remaining())
            .sum(),
        writer,
        1);
  }

  /** What names of a cut are made of. */
  static <U> RangeStart start(Cut<U> cut, String stream, String shardId, long wallMillis) {
    return cut.prepared() != null
        ? cut.prepared().start()
        : new RangeStart(
            stream,
            shardId,
            cut.first(),
            Instant.ofEpochMilli(cut.firstArrivalMillis()),
            Instant.ofEpochMilli(wallMillis));
  }
}
