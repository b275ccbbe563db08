package io.millrace.connectors.pipeline;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.connectors.pipeline.PipelineSettings.Tools;
import io.millrace.connectors.sink.Commit;
import io.millrace.connectors.sink.Outcome;
import io.millrace.connectors.sink.RangeSink;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.RecordSink;
import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.IRecordProcessorCheckpointer;
import io.millrace.kcl.InitializationInput;
import io.millrace.kcl.ProcessRecordsInput;
import io.millrace.kcl.Record;
import io.millrace.kcl.ShardControl;
import io.millrace.kcl.ShutdownException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

// The thin part around ShardBuffer and Emission, which decide: a lock, tasks on an executor,
// timers.
//
// Two activities: the worker's calls take records in, and wait while there is no room; and the
// emission of one range after the other, each in its steps, on the executor. What must stay true:
// - a batch that is delivered again brings nothing new: what was taken in is known by its position;
// - one step at a time for the shard; a step that failed is repeated after a pause, for ever, while
//   the lease lasts;
// - nothing is begun while the lease is not held, nor after HALTED;
// - the user's code, the sink, the dead letters and the checkpointer are never called under the
//   lock;
// - bytes taken from the budget are given back exactly once: when their records are settled, or
//   when the processor has halted and no step is under way that could still use them.
/** One shard of a pipeline. */
final class ConnectorProcessor<U>
    implements IRecordProcessor, BufferBudget.Holder, PipelineMeters.OldestRecord {

  private static final Logger log = LoggerFactory.getLogger(ConnectorProcessor.class);

  /** How often a worker that has fenced itself is asked whether it goes on. */
  private static final long FENCE_POLL_MILLIS = 200;

  /** How often a shard looks whether there is a place at the sink, with as much added by chance. */
  private static final long GATE_POLL_MILLIS = 100;

  /** A shard that has waited so long for room says that it is paused. */
  private static final long WAIT_BEFORE_PAUSE_MILLIS = 1_000;

  private enum Course {
    RUNNING,
    /** The lease is going away: what was taken in is still stored, nothing more is taken in. */
    ENDING,
    /** Nothing more is begun. */
    HALTED
  }

  /** Whoever emits: a call is under way, or a pause before the next one. */
  private enum Emitter {
    IDLE,
    WORKING,
    RESTING
  }

  private final PipelineSettings<U> settings;
  private final Tools tools;
  private final ShardParts<U> parts;
  private final boolean ownsParts;
  private final String writer;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ShardBuffer<U> buffer;
  private final Intake<U> intake;
  private final LetterMaker<U> letterMaker;
  private final AtomicBoolean reliefAsked = new AtomicBoolean();

  private String shardId = "(not initialized)";
  private ShardControl control;
  private volatile IRecordProcessorCheckpointer checkpointer;
  private Course course = Course.RUNNING;
  private Emitter emitter = Emitter.IDLE;
  private Emission<U> emission;
  private int failures;
  private String trouble;
  private boolean waitsForRoom;
  private boolean paused;
  private boolean ended;
  private Checkpoint flushTo;
  private boolean relieving;
  private long timerAtMillis = Long.MAX_VALUE;
  private Runnable cancelTimer = () -> {};
  private boolean left;

  /** As of the last change, for the meter. */
  private volatile Long oldestArrivalMillis;

  /**
   * @param ownsParts whether no other shard is delivered with them
   */
  ConnectorProcessor(PipelineSettings<U> settings, ShardParts<U> parts, boolean ownsParts) {
    this.settings = settings;
    this.tools = settings.tools();
    this.parts = parts;
    this.ownsParts = ownsParts;
    this.buffer = new ShardBuffer<>(settings.limits().buffer());
    this.intake = new Intake<>(settings, parts);
    this.letterMaker = new LetterMaker<>(settings);
    this.writer = HexFormat.of().toHexDigits(tools.random().nextLong());
  }

  // ---- what the worker calls

  @Override
  public void initialize(InitializationInput input) {
    lock.lock();
    try {
      shardId = input.getShardId();
      control = input.getShardControl();
      Optional<PreparedRange> prepared =
          PreparedRange.read(
              settings.stream(),
              shardId,
              input.getPendingCheckpoint().orElse(null),
              input.getPendingCheckpointState().orElse(null));
      boolean ours =
          parts.sink() instanceof RangeSink
              && prepared.isPresent()
              && prepared.get().sink().equals(parts.sink().name());
      if (ours) {
        log.info(
            "Shard {}: a predecessor has prepared the range from {} to {}; it is finished first",
            shardId,
            prepared.get().start().first(),
            prepared.get().end());
        buffer.finish(prepared.get());
      } else if (input.getPendingCheckpoint().isPresent()) {
        log.warn(
            "Shard {}: the lease has a prepared checkpoint at {} that {}; it is left alone, and the shard"
                + " goes on from its checkpoint, {}",
            shardId,
            input.getPendingCheckpoint().get(),
            prepared
                .map(range -> "was made for another sink, " + range.sink())
                .orElse("was not made by a connector"),
            input.getCheckpoint());
      }
      settings.shared().budget().join(this);
      settings.shared().meters().shardBegins(this);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void processRecords(List<Record> records, IRecordProcessorCheckpointer checkpointer)
      throws Exception {
    locked(() -> this.checkpointer = checkpointer);
    try {
      for (Record record : records) {
        accept(record);
      }
    } finally {
      locked(this::advance); // also for those before one that failed: their time runs
    }
    lock.lock();
    try {
      requireRunning();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void processRecords(ProcessRecordsInput input) throws Exception {
    processRecords(input.getRecords(), input.getCheckpointer());
  }

  @Override
  public void shardEnded(IRecordProcessorCheckpointer checkpointer) throws Exception {
    lock.lock();
    try {
      beginEnding(checkpointer);
      await(() -> course != Course.RUNNING || isSettled());
      requireRunning();
      halt();
    } finally {
      lock.unlock();
    }
    checkpointer.checkpoint();
  }

  /** Stores everything: nothing more will come. */
  void beginEnding(IRecordProcessorCheckpointer lastCheckpointer) {
    locked(
        () -> {
          checkpointer = lastCheckpointer;
          ended = true;
          advance();
        });
  }

  /** Whether everything that was taken in is stored, and the checkpoint has followed. */
  boolean isSettled() {
    lock.lock();
    try {
      return emission == null
          && emitter == Emitter.IDLE
          && buffer.isEmpty()
          && !buffer.isFinishing()
          && buffer.dueAtMillis() == Long.MAX_VALUE;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void shutdownRequested(IRecordProcessorCheckpointer checkpointer) throws Exception {
    Runnable cancel =
        tools.scheduler().schedule(() -> locked(this::halt), settings.limits().drainMillis());
    lock.lock();
    try {
      beginDraining(checkpointer);
      await(this::isDrained);
      halt();
    } finally {
      lock.unlock();
      cancel.run();
    }
  }

  /** Stores what was taken in, as far as it comes. */
  void beginDraining(IRecordProcessorCheckpointer lastCheckpointer) {
    locked(
        () -> {
          checkpointer = lastCheckpointer;
          if (course == Course.RUNNING) {
            course = Course.ENDING;
          }
          flushTo = buffer.lastTaken();
          advance();
        });
  }

  /** A sink in trouble is not waited for: the next owner finishes what is prepared. */
  boolean isDrained() {
    lock.lock();
    try {
      return course == Course.HALTED
          || emitter == Emitter.IDLE && emission == null && !hasWorkLeft()
          || emitter != Emitter.WORKING && failures > 0;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the buffer's limits leave room, the worker's budget aside. */
  boolean hasRoom() {
    lock.lock();
    try {
      return buffer.hasRoom();
    } finally {
      lock.unlock();
    }
  }

  private boolean hasWorkLeft() {
    return !buffer.isFinishing() && (!buffer.isEmpty() || buffer.dueAtMillis() <= now());
  }

  @Override
  public void leaseLost(IRecordProcessorCheckpointer checkpointer) {
    locked(this::halt);
  }

  @Override
  public void leaseEnding() {
    locked(
        () -> {
          boolean lost = checkpointer != null && !checkpointer.isLeaseHeld();
          if (lost) {
            halt();
          } else if (course == Course.RUNNING) {
            course = Course.ENDING;
          }
        });
  }

  /** Under the lock. */
  private void requireRunning() throws ShutdownException {
    if (course != Course.RUNNING) {
      throw new ShutdownException(
          "The lease of shard "
              + shardId
              + " is going away or lost; no more records are taken, and what is not checkpointed comes again");
    }
  }

  // ---- taking in

  private void accept(Record record) throws Exception {
    Checkpoint position = record.getPosition();
    lock.lock();
    try {
      requireRunning();
      if (buffer.isTaken(position)) {
        return;
      }
    } finally {
      lock.unlock();
    }
    Taken<U> taken = intake.taken(record, shardId);
    lock.lock();
    try {
      awaitRoom(taken.bytes());
      buffer.take(taken);
      oldestArrivalMillis = buffer.oldestArrivalMillis().orElse(null);
      settings
          .shared()
          .meters()
          .taken(record.getData().remaining(), taken.items().size(), !taken.matters());
      if (!buffer.isFinishing() && intake.isTriggered(taken)) {
        flushTo = position;
      }
      if (emitter == Emitter.IDLE && (flushTo != null || buffer.dueAtMillis() <= now())) {
        advance();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock. Returns when the bytes are taken from the budget. */
  private void awaitRoom(long bytes) throws InterruptedException, ShutdownException {
    awaitWhileRunning(buffer::hasRoom);
    BufferBudget.Request request = new BufferBudget.Request(this, bytes);
    settings.shared().budget().take(request);
    boolean done = false;
    try {
      awaitWhileRunning(request::isGranted);
      done = true;
    } finally {
      if (!done) {
        settings.shared().budget().cancel(request);
      }
    }
  }

  /** Under the lock. */
  private void awaitWhileRunning(BooleanSupplier condition)
      throws InterruptedException, ShutdownException {
    requireRunning();
    if (condition.getAsBoolean()) {
      return;
    }
    Runnable cancel =
        tools
            .scheduler()
            .schedule(
                () ->
                    locked(
                        () -> {
                          waitsForRoom = !condition.getAsBoolean();
                          showPause();
                        }),
                WAIT_BEFORE_PAUSE_MILLIS);
    try {
      advance();
      await(() -> course != Course.RUNNING || condition.getAsBoolean());
      requireRunning();
    } finally {
      cancel.run();
      waitsForRoom = false;
      showPause();
    }
  }

  @Override
  public void granted() {
    submitQuietly(() -> locked(() -> {}));
  }

  @Override
  public void relieve() {
    if (reliefAsked.compareAndSet(false, true)) {
      submitQuietly(
          () ->
              locked(
                  () -> {
                    reliefAsked.set(false);
                    if (!buffer.isEmpty() && course != Course.HALTED) {
                      flushTo = buffer.lastTaken();
                      relieving = true;
                      advance();
                    }
                  }));
    }
  }

  @Override
  public Optional<Long> arrivalMillis() {
    return Optional.ofNullable(oldestArrivalMillis);
  }

  // ---- emission

  /** Begins what can be begun. Under the lock. */
  private void advance() {
    while (emitter == Emitter.IDLE && course != Course.HALTED) {
      if (emission == null && !begin()) {
        if (emitter == Emitter.IDLE) {
          armTimer();
        }
        return;
      }
      if (emission.step() == Emission.Step.DONE) {
        settled();
        continue;
      }
      if (!checkpointer.isLeaseHeld()) {
        rest(FENCE_POLL_MILLIS);
        return;
      }
      switch (emission.step()) {
        case PREPARE -> work("prepare the range", this::prepare);
        case EMIT -> emit();
        case STORE_LETTERS -> storeLetters();
        case CHECKPOINT -> work("checkpoint", this::checkpoint);
        case DONE -> throw new AssertionError();
      }
    }
  }

  /** Cuts the next range; false if none is due. Under the lock. */
  private boolean begin() {
    if (checkpointer == null) {
      return false; // nothing was delivered yet
    }
    if (flushTo != null && (buffer.head() == null || buffer.head().compareTo(flushTo) > 0)) {
      flushTo = null;
      relieving = false;
    }
    boolean all = flushTo != null && (!buffer.isFinishing() || relieving);
    Optional<Cut<U>> cut =
        buffer.cut(
            now(),
            ended
                ? ShardBuffer.Wish.LAST
                : all ? ShardBuffer.Wish.ALL : ShardBuffer.Wish.BY_LIMITS);
    cut.ifPresent(this::begin);
    return emission != null;
  }

  private void begin(Cut<U> cut) {
    RecordRange<U> range = null;
    PreparedRange intention = null;
    if (cut.isForSink()) {
      RangeStart start =
          Emission.start(cut, settings.stream(), shardId, tools.clock().wallMillis());
      String name = "";
      if (parts.sink() instanceof RangeSink<U> sink) {
        try {
          name = cut.prepared() != null ? cut.prepared().name() : sink.nameFor(start);
        } catch (RuntimeException e) {
          buffer.putBack(cut);
          failed("name the range", e);
          return;
        }
        intention = new PreparedRange(sink.name(), start, name, cut.end());
      }
      range = Emission.range(cut, start, name, writer);
    }
    emission = new Emission<>(buffer, cut, range, intention, settings.limits().retry());
    if (parts.trigger() != null) {
      parts.trigger().flushed();
    }
  }

  /** Wakes up when the oldest record has waited long enough. Under the lock. */
  private void armTimer() {
    long due = buffer.dueAtMillis();
    if (due == timerAtMillis) {
      return;
    }
    cancelTimer.run();
    timerAtMillis = due;
    cancelTimer = () -> {};
    if (due != Long.MAX_VALUE && course != Course.HALTED) {
      cancelTimer =
          tools
              .scheduler()
              .schedule(
                  () ->
                      locked(
                          () -> {
                            timerAtMillis = Long.MAX_VALUE;
                            advance();
                          }),
                  Math.max(1, due - now()));
    }
  }

  /** Under the lock. */
  private void settled() {
    List<Taken<U>> records = emission.settled();
    long bytes = records.stream().mapToLong(Taken::bytes).sum();
    int items = records.stream().mapToInt(t -> t.items().size()).sum();
    emission = null;
    settings.shared().budget().release(bytes);
    settings.shared().meters().unbuffered(items);
    if (!records.isEmpty()) {
      settings.shared().meters().storedUpTo(records.get(records.size() - 1).arrivalMillis());
    }
    oldestArrivalMillis = buffer.oldestArrivalMillis().orElse(null);
    changed.signalAll();
  }

  /** A step that calls the checkpointer, which waits. */
  private interface BlockingStep {
    Runnable run() throws Exception;
  }

  /** Under the lock. */
  private void work(String what, BlockingStep step) {
    begins(
        () -> {
          Runnable then;
          try {
            then = step.run();
          } catch (ShutdownException e) {
            log.info("Shard {}: {}", shardId, e.getMessage());
            ended(this::halt);
            return;
          } catch (Exception e) {
            failed(what, e);
            return;
          }
          ended(then);
        });
  }

  private Runnable prepare() throws Exception {
    PreparedRange intention = emission.intention();
    Checkpoint end = intention.end();
    checkpointer.prepareCheckpoint(
        end.sequenceNumber().orElseThrow().digits(), end.subSequenceNumber(), intention.state());
    return emission::prepared;
  }

  private Runnable checkpoint() throws Exception {
    Checkpoint at = emission.checkpointAt();
    checkpointer.checkpoint(at.sequenceNumber().orElseThrow().digits(), at.subSequenceNumber());
    return emission::checkpointed;
  }

  /** Under the lock. */
  private void emit() {
    if (parts.sink() instanceof RecordSink<U> && !emission.hasItems()) {
      emission.nothingToDeliver();
      return;
    }
    if (!settings.shared().gate().enter()) {
      if (settings.shared().gate().isDown() && trouble == null) {
        trouble = parts.sink() + " is down; the shard waits for it";
      }
      showPause();
      rest(GATE_POLL_MILLIS + tools.random().nextLong(GATE_POLL_MILLIS));
      return;
    }
    RecordRange<U> range = emission.next();
    long begunAt = now();
    begins(
        () -> {
          if (parts.sink() instanceof RangeSink<U> sink) {
            Stages.of(() -> sink.commit(range))
                .whenComplete(
                    (commit, error) -> answered(begunAt, error, () -> committed(range, commit)));
          } else if (parts.sink() instanceof RecordSink<U> sink) {
            Stages.of(() -> sink.deliver(range))
                .whenComplete(
                    (outcomes, error) ->
                        answered(begunAt, error, () -> delivered(range, outcomes)));
          }
        });
  }

  /** The sink has answered, on a thread of its own. */
  private void answered(long begunAt, Throwable error, Runnable then) {
    Throwable cause = error;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    long took = now() - begunAt;
    settings.shared().gate().left(took, cause);
    settings.shared().meters().tookTime(took);
    Throwable why = cause;
    submitQuietly(
        () -> {
          if (why == null) {
            ended(
                () -> {
                  trouble = null;
                  then.run();
                  showPause();
                });
          } else {
            settings.shared().meters().emitFailed();
            failed("store in " + parts.sink(), why);
          }
        });
  }

  /** Under the lock. */
  private void committed(RecordRange<U> range, Commit commit) {
    emission.committed(commit);
    if (!commit.byThisCall()) {
      log.info(
          "Shard {}: the range from {} was stored before, up to {}; that is adopted",
          shardId,
          range.first(),
          commit.end());
    }
    settings.shared().meters().committed(range.items().size(), commit.bytes(), commit.byThisCall());
  }

  /** Under the lock. */
  private void delivered(RecordRange<U> range, List<Outcome> outcomes) {
    Emission.Tally<U> tally = emission.answered(outcomes, tools.clock().wallMillis());
    settings.shared().meters().delivered(tally, range.bytes());
    if (!tally.usedUp().isEmpty() && parts.sink() instanceof RecordSink<U> sink) {
      submitQuietly(() -> sink.gaveUp(tally.usedUp()));
    }
    if (tally.retried() > 0) {
      failures++;
      long millis = settings.limits().backoff().apply(failures);
      if (Integer.bitCount(failures) == 1) {
        log.warn(
            "Shard {}: {} of {} items are tried again in {} ms, {} of them so far; the first: {}",
            shardId,
            tally.retried(),
            outcomes.size(),
            millis,
            failures,
            outcomes.stream()
                .filter(Outcome.Retry.class::isInstance)
                .map(o -> ((Outcome.Retry) o).why().toString())
                .findFirst()
                .orElse(""));
      }
      rest(millis);
    } else {
      failures = 0;
    }
  }

  // ---- dead letters

  /** Under the lock. */
  private void storeLetters() {
    LetterMaker.Letters letters = letterMaker.of(emission, shardId);
    if (settings.badRecords().destination() == null) {
      if (settings.badRecords().skip()) {
        emission
            .letters()
            .forEach(
                letter ->
                    log.error(
                        "Shard {}: {} is skipped: {}",
                        shardId,
                        letter.record().record(),
                        letter.reason(),
                        letter.error()));
        emission
            .othersLetters()
            .forEach(
                letter ->
                    log.error(
                        "Shard {}: {} is skipped: {}", shardId, letter, letter.errorMessage()));
        settings.shared().meters().died(letters.count());
        emission.lettersStored();
      } else {
        trouble =
            letters.count()
                + " records cannot be stored and there is no destination for dead letters; the first, "
                + letters.first();
        showPause();
        emitter = Emitter.WORKING;
        failed("pass records that cannot be stored", new IllegalStateException(trouble));
      }
      return;
    }
    begins(
        () ->
            letterMaker
                .store(letters)
                .whenComplete(
                    (nothing, error) ->
                        submitQuietly(
                            () -> {
                              if (error == null) {
                                ended(() -> lettersStored(letters));
                              } else {
                                failed("store dead letters", error);
                              }
                            })));
  }

  private void lettersStored(LetterMaker.Letters letters) {
    emission.lettersStored();
    settings.shared().meters().died(letters.count());
    log.warn(
        "Shard {}: {} records became dead letters; the first, {}",
        shardId,
        letters.count(),
        letters.first());
  }

  // ---- steps, time

  /** Under the lock; the task ends in {@link #ended} or {@link #failed}. */
  private void begins(Runnable task) {
    emitter = Emitter.WORKING;
    try {
      tools.executor().execute(task);
    } catch (RejectedExecutionException e) {
      emitter = Emitter.IDLE;
      halt();
    }
  }

  /** A step has succeeded; {@code then} runs under the lock. */
  private void ended(Runnable then) {
    locked(
        () -> {
          if (course == Course.HALTED) {
            emitter = Emitter.IDLE;
            release();
            return;
          }
          int failuresBefore = failures;
          emitter = Emitter.IDLE;
          then.run();
          if (failures == failuresBefore) {
            failures = 0;
          }
          advance();
        });
  }

  /** A step has failed, and is repeated. */
  private void failed(String what, Throwable error) {
    locked(
        () -> {
          if (course == Course.HALTED) {
            emitter = Emitter.IDLE;
            release();
            return;
          }
          failures++;
          boolean serious = error instanceof SinkException e && e.needsSomebody();
          long millis = settings.limits().backoff().apply(failures);
          if (Integer.bitCount(failures) == 1) {
            String text = "Shard {}: could not {}, attempt {}; it is tried again in {} ms: {}";
            Object[] arguments = {
              shardId,
              what,
              failures,
              millis,
              serious ? error.getMessage() : error.toString(),
              serious ? null : error
            };
            if (serious) {
              log.error(text, arguments);
            } else {
              log.warn(text, arguments);
            }
          }
          if (settings.shared().gate().isDown()) {
            trouble = Intake.reason(error);
          }
          emitter = Emitter.IDLE;
          showPause();
          rest(millis);
        });
  }

  /** Under the lock. */
  private void rest(long millis) {
    emitter = Emitter.RESTING;
    tools
        .scheduler()
        .schedule(
            () ->
                locked(
                    () -> {
                      if (emitter == Emitter.RESTING) {
                        emitter = Emitter.IDLE;
                        advance();
                      }
                    }),
            millis);
  }

  /** Says why the shard stands still, or that it goes on. Under the lock. */
  private void showPause() {
    if (control == null) {
      return;
    }
    String reason =
        trouble != null
            ? trouble
            : waitsForRoom
                ? settings.shared().budget().isShort()
                    ? "the buffers of this worker are full"
                    : "the buffer is full; " + parts.sink() + " is slower than the stream"
                : null;
    if (reason != null && course == Course.RUNNING) {
      if (!paused) {
        paused = true;
        control.pause(reason);
      }
    } else if (paused) {
      paused = false;
      control.resume();
    }
  }

  /** Begins nothing any more. Under the lock. */
  private void halt() {
    course = Course.HALTED;
    cancelTimer.run();
    if (emitter != Emitter.WORKING) {
      emitter = Emitter.IDLE;
      release();
    }
    changed.signalAll();
  }

  /** Gives everything back. Under the lock; no step is under way. */
  private void release() {
    if (left) {
      return;
    }
    left = true;
    long bytes = buffer.bytes();
    int items = buffer.items();
    buffer.clear();
    if (emission != null) {
      bytes += emission.settled().stream().mapToLong(Taken::bytes).sum();
      items += emission.settled().stream().mapToInt(t -> t.items().size()).sum();
      emission = null;
    }
    oldestArrivalMillis = null;
    settings.shared().budget().release(bytes);
    settings.shared().budget().leave(this);
    settings.shared().meters().unbuffered(items);
    settings.shared().meters().shardEnds(this);
    if (ownsParts) {
      submitQuietly(parts.sink()::close);
    }
  }

  private void submitQuietly(Runnable task) {
    try {
      tools.executor().execute(task);
    } catch (RejectedExecutionException e) {
      log.debug("Shard {}: the pipeline is closed", shardId); // nothing is begun any more
    }
  }

  private long now() {
    return tools.clock().monotonicMillis();
  }

  private void locked(Runnable step) {
    lock.lock();
    try {
      step.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock, which others get meanwhile. */
  private void await(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      changed.await();
    }
  }
}
