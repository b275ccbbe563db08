package io.millrace.connectors.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.connectors.contract.NoCheckpointer;
import io.millrace.connectors.sink.Commit;
import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.Outcome;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RangeSink;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.RecordSink;
import io.millrace.connectors.sink.Sink;
import io.millrace.kcl.InitializationInput;
import io.millrace.kcl.KinesisClientLibDependencyException;
import io.millrace.kcl.Record;
import io.millrace.kcl.ShutdownException;
import io.millrace.kcl.VirtualTime;
import io.millrace.kcl.deadletter.DeadLetter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

// One shard, its lease row, a sink and a place for dead letters, all of which fail, answer late,
// or take effect after they have said that they failed; workers that crash, are replaced while
// they still run, buffer by other limits, name by another configuration, and cannot store what
// others can. The processor is the real one, on virtual time, so that a seed is a run.
//
// Checked at every accepted checkpoint: each record up to it is in the sink, filtered out,
// stored as a dead letter, or was trimmed by retention before anybody could read it. Checked in
// the end: each record is in the sink exactly once, or else a dead letter.
/** A model of delivery with everything that can go wrong. */
final class DeliveryModel {

  /** What is broken on purpose, to see that the model notices. */
  enum Defect {
    NONE,
    /** A successor does not hear of the range that was prepared. */
    PENDING_WITHHELD,
    /** The commit record is overwritten by whoever comes later. */
    COMMIT_OVERWRITES,
    /** Whoever finds a commit record believes its own end. */
    END_NOT_ADOPTED,
    /** Whoever finds a commit record believes its own exclusions. */
    EXCLUSIONS_NOT_ADOPTED,
    /** The lease row takes writes of a worker that has lost it. */
    NO_FENCING
  }

  private record Committed(Checkpoint end, List<Exclusion> exclusions, List<Checkpoint> items) {}

  private static final Duration FOR_EVER = null;

  private final Random random;
  private final VirtualTime time;
  private final Defect defect;
  private final boolean byRange;
  private final List<Record> stream = new ArrayList<>();
  private final SortedSet<Checkpoint> trimmed = new TreeSet<>();
  private int trimmedTo;

  // the lease row
  private int token;
  private Checkpoint checkpoint = Checkpoint.TRIM_HORIZON;
  private Checkpoint pending;
  private byte[] pendingState;

  // the sink
  private final Map<Checkpoint, Committed> commits = new TreeMap<>();
  private final Map<Checkpoint, String> namesOf = new TreeMap<>();
  private final Map<Checkpoint, Integer> storedOnce = new TreeMap<>();
  private final Map<Checkpoint, Integer> deliveries = new TreeMap<>();
  private final SortedSet<Checkpoint> dead = new TreeSet<>();
  private boolean calm;

  private final List<Life> lives = new ArrayList<>();
  private final List<String> trace = new ArrayList<>();

  DeliveryModel(long seed, Defect defect) {
    this.random = new Random(seed);
    this.time = new VirtualTime(random.nextLong());
    this.defect = defect;
    this.byRange = defect != Defect.NONE || random.nextInt(3) > 0;
    int records = 20 + random.nextInt(100);
    int sequence = 100;
    int sub = 0;
    for (int i = 0; i < records; i++) {
      if (random.nextInt(3) == 0) {
        sub++;
      } else {
        sequence += 1 + random.nextInt(5);
        sub = 0;
      }
      stream.add(
          Record.builder()
              .partitionKey("k" + random.nextInt(4))
              .sequenceNumber(Integer.toString(sequence))
              .subSequenceNumber(sub)
              .approximateArrivalTimestamp(Instant.ofEpochMilli(1_600_000_000_000L + i))
              .data(kind(i).getBytes(StandardCharsets.UTF_8))
              .build());
    }
  }

  private String kind(int i) {
    return switch (random.nextInt(14)) {
      case 0, 1, 2 -> "filtered " + i;
      case 3 -> "malformed " + i;
      case 4 -> "poison " + i;
      case 6 -> "new " + i;
      case 5 -> "twice " + i;
      default -> "plain " + i;
    };
  }

  private static String text(Record record) {
    return new String(record.getDataBytes(), StandardCharsets.UTF_8);
  }

  private static Checkpoint position(Record record) {
    return Checkpoint.at(
        SequenceNumber.of(record.getSequenceNumber()), record.getSubSequenceNumber());
  }

  private static List<String> transform(Record record) {
    String text = text(record);
    if (text.startsWith("filtered")) {
      return List.of();
    }
    if (text.startsWith("malformed")) {
      throw new IllegalArgumentException("malformed");
    }
    return text.startsWith("twice") ? List.of(text, text) : List.of(text);
  }

  // ---- the run

  /** Runs to the end; throws an assertion error if something is wrong. */
  void run() {
    int troubles = 2 + random.nextInt(6);
    for (int i = 0; i < troubles; i++) {
      claim();
      int turns = random.nextInt(150);
      for (int turn = 0; turn < turns; turn++) {
        for (Life life : List.copyOf(lives)) {
          life.turn();
        }
        act();
        if (random.nextInt(40) == 0) {
          trim();
        }
      }
      for (Life life : List.copyOf(lives)) {
        // whoever is not killed goes on beside its successor
        if (random.nextInt(3) > 0) {
          life.kill();
        }
      }
    }
    calm = true;
    claim();
    Life last = lives.get(lives.size() - 1);
    for (int turn = 0; turn < 20_000 && !last.ended; turn++) {
      for (Life life : List.copyOf(lives)) {
        life.turn();
      }
      act();
    }
    // late effects
    for (int i = 0; i < 2_000 && time.step(); i++) {
      continue;
    }
    checkAll();
  }

  /** What happened, in order, for whoever wants to know why a seed failed. */
  String trace() {
    return String.join("\n", trace);
  }

  private void note(String what) {
    trace.add(time.clock().monotonicMillis() + " " + what);
  }

  private void act() {
    for (int i = random.nextInt(6); i >= 0; i--) {
      time.step();
    }
  }

  private void trim() {
    // only what nobody has settled is lost by it, and that is not the connector's fault
    int to = Math.min(stream.size(), trimmedTo + random.nextInt(4));
    for (; trimmedTo < to; trimmedTo++) {
      Checkpoint position = position(stream.get(trimmedTo));
      if (position.compareTo(checkpoint) > 0) {
        trimmed.add(position);
        note("trimmed " + position);
      }
    }
  }

  private void claim() {
    token++;
    note(token + " begins at " + checkpoint + ", pending " + pending);
    lives.add(new Life());
  }

  // ---- a worker

  private final class Life {
    private final int myToken = token;
    private final ConnectorProcessor<String> processor;
    private final ConnectorProcessorFactory<String> factory;
    private final Row row = new Row();
    private boolean alive = true;
    private boolean ended;
    private boolean ending;
    private boolean draining;
    private int next;

    Life() {
      Tools tools = new Tools();
      ConnectorProcessorFactory.Builder<String> builder =
          ConnectorProcessorFactory.builder("clicks", sink(), DeliveryModel::transform)
              .bufferItems(1 + random.nextInt(12))
              .bufferBytes(1_000 + random.nextInt(9_000))
              .bufferAge(
                  random.nextBoolean() ? FOR_EVER : Duration.ofMillis(1 + random.nextInt(500)))
              .idleCheckpointInterval(Duration.ofMillis(random.nextInt(500)))
              .backoff(Duration.ofMillis(10), Duration.ofMillis(200))
              .deadLetters(this::storeLetter);
      factory = builder.build(tools.tools(), () -> {});
      processor = (ConnectorProcessor<String>) factory.createProcessor();
      Checkpoint from = checkpoint;
      while (next < stream.size()
          && (next < trimmedTo || position(stream.get(next)).compareTo(from) <= 0)) {
        next++;
      }
      boolean told = defect != Defect.PENDING_WITHHELD;
      processor.initialize(
          new InitializationInput(
              "shard", from, told ? pending : null, told ? pendingState : null));
    }

    void kill() {
      alive = false;
      lives.remove(this);
    }

    private CompletionStage<Void> storeLetter(DeadLetter letter) {
      CompletableFuture<Void> answer = new CompletableFuture<>();
      boolean fails = !calm && random.nextInt(4) == 0;
      time.scheduler()
          .schedule(
              () -> {
                if (fails && random.nextBoolean()) {
                  answer.completeExceptionally(new IllegalStateException("not stored"));
                  return;
                }
                dead.add(letter.position());
                if (fails) {
                  answer.completeExceptionally(new IllegalStateException("stored, but who knows"));
                } else {
                  answer.complete(null);
                }
              },
              random.nextInt(50));
      return answer;
    }

    /** Gives it records, or its end, or takes it away. */
    void turn() {
      if (!alive || ended) {
        return;
      }
      if (ending) {
        ended = processor.isSettled();
        return;
      }
      if (draining) {
        if (processor.isDrained()) {
          kill();
        }
        return;
      }
      if (random.nextInt(30) == 0) {
        processor.relieve();
      }
      if (!calm && random.nextInt(200) == 0) {
        draining = true;
        processor.beginDraining(row);
        return;
      }
      if (next == stream.size()) {
        if (calm) {
          ending = true;
          processor.beginEnding(row);
        }
        return;
      }
      if (random.nextInt(3) > 0) {
        return;
      }
      next = Math.max(next, Math.min(trimmedTo, stream.size()));
      int to = Math.min(stream.size(), next + 1 + random.nextInt(10));
      try {
        while (next < to && processor.hasRoom()) {
          row.delivered = position(stream.get(next));
          processor.processRecords(List.of(stream.get(next)), row);
          next++;
        }
      } catch (ShutdownException e) {
        kill();
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }

    /** Nothing of a killed worker runs any more. */
    private final class Tools {
      PipelineSettings.Tools tools() {
        return new PipelineSettings.Tools(
            task -> time.executor().execute(guarded(task)),
            (task, delay) -> time.scheduler().schedule(guarded(task), delay),
            time.clock(),
            time.randomSource());
      }

      private Runnable guarded(Runnable task) {
        return () -> {
          if (alive) {
            task.run();
          }
        };
      }
    }

    /** The lease row, as this worker may write it. */
    private final class Row extends NoCheckpointer {
      private Checkpoint delivered;

      @Override
      public boolean isLeaseHeld() {
        return true; // a zombie believes so
      }

      private void write(Supplier<String> effect) throws ShutdownException {
        if (token != myToken && defect != Defect.NO_FENCING) {
          throw new ShutdownException("token " + myToken + " is over, now " + token);
        }
        boolean fails = !calm && random.nextInt(10) == 0;
        if (fails && random.nextBoolean()) {
          throw new KinesisClientLibDependencyException("not written", null);
        }
        String problem = effect.get();
        if (problem != null) {
          throw new IllegalArgumentException(problem);
        }
        if (fails) {
          throw new KinesisClientLibDependencyException("written, but who knows", null);
        }
      }

      @Override
      public void checkpoint(String sequenceNumber, long subSequenceNumber)
          throws ShutdownException {
        Checkpoint to = Checkpoint.at(SequenceNumber.of(sequenceNumber), subSequenceNumber);
        write(
            () -> {
              if (to.compareTo(delivered) > 0) {
                return to + " was not delivered";
              }
              if (to.compareTo(checkpoint) < 0) {
                return defect == Defect.NO_FENCING ? null : to + " lies before " + checkpoint;
              }
              note(myToken + " checkpoints " + to);
              checkpoint = to;
              pending = null;
              pendingState = null;
              checkUpTo(to);
              return null;
            });
      }

      @Override
      public io.millrace.kcl.IPreparedCheckpointer prepareCheckpoint(
          String sequenceNumber, long subSequenceNumber, byte[] state) throws ShutdownException {
        Checkpoint to = Checkpoint.at(SequenceNumber.of(sequenceNumber), subSequenceNumber);
        write(
            () -> {
              if (to.compareTo(delivered) > 0) {
                return to + " was not delivered";
              }
              note(myToken + " prepares " + to + " " + new String(state, StandardCharsets.UTF_8));
              pending = to;
              pendingState = state.clone();
              return null;
            });
        return null;
      }
    }

    // ---- the sink, as this worker has it

    private Sink<String> sink() {
      return byRange ? new Ranges() : new Rows();
    }

    private final class Ranges implements RangeSink<String> {
      private final int configuration = random.nextInt(1_000);

      @Override
      public String name() {
        return "model";
      }

      @Override
      public String nameFor(RangeStart start) {
        return configuration + "/" + start.firstArrival().toEpochMilli();
      }

      @Override
      public CompletionStage<Commit> commit(RecordRange<String> range) {
        String known = namesOf.putIfAbsent(range.first(), range.name());
        if (defect == Defect.NONE) {
          assertThat(known == null || known.equals(range.name()))
              .as("the range from %s is called %s and %s", range.first(), known, range.name())
              .isTrue();
        }
        return effect(() -> write(range));
      }

      private Commit write(RecordRange<String> range) {
        List<Exclusion> exclusions = new ArrayList<>(range.exclusions());
        List<Checkpoint> items = new ArrayList<>();
        for (RangeItem<String> item : range.items()) {
          if (item.value().startsWith("poison")
              || item.value().startsWith("new") && configuration % 2 == 0) {
            exclusions.add(new Exclusion(item.position(), "poison"));
          } else {
            items.add(item.position());
          }
        }
        Committed mine = new Committed(range.end(), exclusions, items);
        Committed there =
            defect == Defect.COMMIT_OVERWRITES ? null : commits.putIfAbsent(range.first(), mine);
        if (defect == Defect.COMMIT_OVERWRITES) {
          commits.put(range.first(), mine);
        }
        note(
            myToken
                + (there == null ? " commits " : " finds " + there.end() + " for ")
                + range.describe()
                + " "
                + items
                + " without "
                + exclusions);
        if (there == null) {
          return new Commit(mine.end(), exclusions, true, 1);
        }
        return new Commit(
            defect == Defect.END_NOT_ADOPTED ? range.end() : there.end(),
            defect == Defect.EXCLUSIONS_NOT_ADOPTED ? exclusions : there.exclusions(),
            false,
            0);
      }
    }

    private final class Rows implements RecordSink<String> {
      @Override
      public String name() {
        return "model";
      }

      @Override
      public CompletionStage<List<Outcome>> deliver(RecordRange<String> range) {
        return effect(() -> range.items().stream().map(this::write).toList());
      }

      private Outcome write(RangeItem<String> item) {
        if (item.value().startsWith("poison")) {
          return Outcome.poison(new IllegalArgumentException("poison"));
        }
        if (!calm && random.nextInt(5) == 0) {
          return Outcome.retry(new IllegalStateException("throttled"));
        }
        int itemsOfRecord = item.ordinal() + 1;
        deliveries.merge(item.position(), itemsOfRecord, Math::max);
        return storedOnce.putIfAbsent(item.position(), 1) == null
            ? Outcome.delivered()
            : Outcome.duplicate();
      }
    }

    private interface Effect<R> {
      R run();
    }

    /** Answers, fails, or fails and takes effect all the same, now or much later. */
    private <R> CompletionStage<R> effect(Effect<R> effect) {
      CompletableFuture<R> answer = new CompletableFuture<>();
      int how = calm ? 0 : random.nextInt(12);
      long after = random.nextInt(calm ? 20 : 300);
      time.scheduler()
          .schedule(
              () -> {
                switch (how) {
                  case 1 -> answer.completeExceptionally(new IllegalStateException("refused"));
                  case 2 -> {
                    effect.run();
                    answer.completeExceptionally(new IllegalStateException("timed out, done"));
                  }
                  case 3 -> {
                    time.scheduler().schedule(effect::run, random.nextInt(5_000));
                    answer.completeExceptionally(new IllegalStateException("timed out, to come"));
                  }
                  default -> answer.complete(effect.run());
                }
              },
              after);
      return answer;
    }
  }

  // ---- what must hold

  private boolean isSettled(Record record) {
    Checkpoint position = position(record);
    String text = text(record);
    if (text.startsWith("filtered") || trimmed.contains(position) || dead.contains(position)) {
      return true;
    }
    return byRange ? timesCommitted(position) > 0 : storedOnce.containsKey(position);
  }

  private long timesCommitted(Checkpoint position) {
    return commits.values().stream()
        .flatMap(commit -> commit.items().stream())
        .filter(position::equals)
        .count();
  }

  private void checkUpTo(Checkpoint accepted) {
    for (Record record : stream) {
      if (position(record).compareTo(accepted) > 0) {
        return;
      }
      assertThat(isSettled(record))
          .as("%s (%s) is passed by the checkpoint %s", record, text(record), accepted)
          .isTrue();
    }
  }

  private void checkAll() {
    for (Record record : stream) {
      Checkpoint position = position(record);
      String text = text(record);
      if (trimmed.contains(position)) {
        continue;
      }
      assertThat(isSettled(record)).as("%s (%s) is nowhere", record, text).isTrue();
      if (text.startsWith("new") && byRange) {
        assertThat(timesCommitted(position))
            .as("%s (%s) in the sink, or else a dead letter", record, text)
            .isEqualTo(dead.contains(position) ? 0 : 1);
        continue;
      }
      boolean bad = text.startsWith("malformed") || text.startsWith("poison");
      assertThat(dead.contains(position))
          .as("%s (%s) as a dead letter", record, text)
          .isEqualTo(bad);
      if (byRange) {
        int expected = bad || text.startsWith("filtered") ? 0 : text.startsWith("twice") ? 2 : 1;
        assertThat(timesCommitted(position))
            .as("%s (%s) in the sink", record, text)
            .isEqualTo(expected);
      } else if (text.startsWith("twice")) {
        assertThat(deliveries.get(position)).isEqualTo(2);
      }
    }
  }
}
