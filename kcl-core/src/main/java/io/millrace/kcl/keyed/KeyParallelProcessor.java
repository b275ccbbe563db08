package io.millrace.kcl.keyed;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.IRecordProcessorCheckpointer;
import io.millrace.kcl.InitializationInput;
import io.millrace.kcl.ProcessRecordsInput;
import io.millrace.kcl.Record;
import io.millrace.kcl.ShutdownException;
import io.millrace.kcl.ShutdownReason;
import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.engine.ShardCheckpointer.LeaseLostException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

// The thin part around KeyQueues and LowWaterMark, which decide: a lock, tasks on an executor,
// timers.
//
// What must stay true:
// - processRecords returns when its records are accepted, not when they are done; so the
//   checkpointer's own idea of "up to here" is never used, only positions of the low-water mark;
// - a batch that is delivered again brings nothing new: what was accepted once is known by its
//   position;
// - nothing is started while the lease is not held, nor after ending;
// - the user's code, the handler and the destination are never called under the lock, and of the
//   checkpointer nothing that waits;
// - one checkpoint at a time, and none in the background once the last call has begun.
//
// ENDING: the lease is going away. What was accepted is still processed, for a while, so that
// the next owner need not do it again; nothing more is accepted. HALTED: nothing more is
// started. A record that waits for another attempt is left to the next owner in both.
/** One shard. */
final class KeyParallelProcessor implements IRecordProcessor {

  private static final Logger log = LoggerFactory.getLogger(KeyParallelProcessor.class);

  private static final long FIRST_RETRY_MILLIS = 500;
  private static final long LONGEST_RETRY_MILLIS = 30_000;

  /** How often a worker that has fenced itself is asked whether it goes on. */
  private static final long FENCE_POLL_MILLIS = 200;

  /** An accepted record. */
  private static final class Task {
    private final Record record;
    private final Object key;
    private final LowWaterMark.Entry entry;
    private int attempts;
    private DeadLetter letter;
    private int storeAttempts;

    Task(Record record, Object key, LowWaterMark.Entry entry) {
      this.record = record;
      this.key = key;
      this.entry = entry;
    }
  }

  private enum Course {
    RUNNING,
    ENDING,
    HALTED
  }

  private final KeyParallelSettings settings;
  private final IKeyedRecordProcessor processor;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final KeyQueues<Task> queues;
  private final LowWaterMark lowWater = new LowWaterMark();

  private String shardId = "(not initialized)";
  private IRecordProcessorCheckpointer checkpointer;
  private Course course = Course.RUNNING;
  private RuntimeException stopped;
  private long unfinishedBytes;
  private int storing;
  private boolean looksAtFence;

  private Checkpoint checkpointed;
  private long lastCheckpointMillis;
  private boolean checkpointPlanned;
  private boolean checkpointing;
  private boolean lastCall;
  private boolean told;

  KeyParallelProcessor(KeyParallelSettings settings, IKeyedRecordProcessor processor) {
    this.settings = settings;
    this.processor = processor;
    this.queues = new KeyQueues<>(settings.limits().concurrency());
  }

  // ---- what the worker calls

  @Override
  public void initialize(InitializationInput input) throws Exception {
    locked(
        () -> {
          shardId = input.getShardId();
          lastCheckpointMillis = settings.tools().clock().monotonicMillis();
        });
    processor.initialize(input);
  }

  @Override
  public void processRecords(List<Record> records, IRecordProcessorCheckpointer checkpointer)
      throws Exception {
    locked(() -> this.checkpointer = checkpointer);
    for (Record record : records) {
      accept(record);
    }
    locked(this::requireRunning);
  }

  @Override
  public void processRecords(ProcessRecordsInput input) throws Exception {
    processRecords(input.getRecords(), input.getCheckpointer());
  }

  private void accept(Record record) throws InterruptedException {
    Object key =
        Objects.requireNonNull(
            settings.key().apply(record), () -> "The key function returned null for " + record);
    Checkpoint position = record.getPosition();
    int bytes = record.getData().remaining();
    lock.lock();
    try {
      await(
          () ->
              course != Course.RUNNING
                  || stopped != null
                  || lowWater.isAccepted(position)
                  || hasRoomFor(bytes));
      requireRunning();
      if (!lowWater.isAccepted(position)) {
        unfinishedBytes += bytes;
        queues.add(key, new Task(record, key, lowWater.accept(position)));
        start();
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean hasRoomFor(int bytes) {
    return lowWater.window() < settings.limits().records()
        && (unfinishedBytes == 0 || unfinishedBytes + bytes <= settings.limits().bytes());
  }

  @Override
  public void shardEnded(IRecordProcessorCheckpointer checkpointer) throws Exception {
    lock.lock();
    try {
      await(() -> course != Course.RUNNING || stopped != null || lowWater.window() == 0);
      requireRunning();
      lastCall = true;
      await(() -> !checkpointing);
    } finally {
      lock.unlock();
    }
    tellProcessor(ShutdownReason.TERMINATE);
    checkpointer.checkpoint();
  }

  /** The processor's last call, made until it returns. */
  private void tellProcessor(ShutdownReason reason) throws Exception {
    boolean tell;
    lock.lock();
    try {
      tell = !told;
    } finally {
      lock.unlock();
    }
    if (tell) {
      processor.shutdown(reason);
      locked(() -> told = true);
    }
  }

  @Override
  public void shutdownRequested(IRecordProcessorCheckpointer checkpointer) throws Exception {
    drain();
    tellProcessor(ShutdownReason.REQUESTED);
    Checkpoint mark;
    lock.lock();
    try {
      mark = unwrittenMark();
    } finally {
      lock.unlock();
    }
    if (mark != null) {
      write(checkpointer, mark);
    }
  }

  @Override
  public void leaseLost(IRecordProcessorCheckpointer checkpointer) throws Exception {
    locked(() -> course = Course.HALTED);
    drain();
    tellProcessor(ShutdownReason.ZOMBIE);
  }

  @Override
  public void leaseEnding() {
    locked(
        () -> {
          boolean lost = checkpointer != null && !checkpointer.isLeaseHeld();
          if (lost) {
            course = Course.HALTED;
          } else if (course == Course.RUNNING) {
            course = Course.ENDING;
          }
        });
    processor.leaseEnding();
  }

  /** Waits until no call is under way, and none will be. */
  private void drain() throws InterruptedException {
    Runnable cancel =
        settings
            .tools()
            .scheduler()
            .schedule(() -> locked(() -> course = Course.HALTED), settings.limits().drainMillis());
    lock.lock();
    try {
      if (course == Course.RUNNING) {
        course = Course.ENDING;
      }
      lastCall = true;
      await(
          () ->
              queues.running() == 0
                  && !checkpointing
                  && (course == Course.HALTED
                      || stopped != null
                      || !queues.hasReady() && storing == 0));
      course = Course.HALTED;
    } finally {
      lock.unlock();
      cancel.run();
    }
  }

  private void requireRunning() {
    if (stopped != null) {
      throw new IllegalStateException(stopped.getMessage(), stopped);
    }
    if (course != Course.RUNNING) {
      throw new LeaseLostException(
          "The lease of shard "
              + shardId
              + " is going away or lost; no more records are taken, and what is not checkpointed comes again");
    }
  }

  // ---- records

  /** Starts what may be started. Under the lock. */
  private void start() {
    for (Task task = pick(); task != null; task = pick()) {
      Task first = task;
      if (!submit(() -> run(first))) {
        queues.postpone(task.key);
      }
    }
  }

  /** Under the lock. A refused task stops the shard: somebody has closed the executor too early. */
  private boolean submit(Runnable step) {
    try {
      settings.tools().executor().execute(step);
      return true;
    } catch (RejectedExecutionException e) {
      stop("the executor takes no more tasks, " + e.getMessage(), e);
      return false;
    }
  }

  /** The next record to process, or null. Under the lock. */
  private Task pick() {
    if (course == Course.HALTED || stopped != null) {
      return null;
    }
    if (!checkpointer.isLeaseHeld()) {
      lookAtFenceLater();
      return null;
    }
    return queues.next();
  }

  private void lookAtFenceLater() {
    if (!looksAtFence && queues.hasReady()) {
      looksAtFence = true;
      later(
          FENCE_POLL_MILLIS,
          () -> {
            looksAtFence = false;
            start();
          });
    }
  }

  /** Processes a record, and then, on the same thread, what else there is. */
  private void run(Task first) {
    for (Task task = first; task != null; ) {
      task.attempts++;
      Throwable error = null;
      try {
        processor.processRecord(task.record);
      } catch (Throwable e) {
        error = e;
      }
      FailureDecision decision = error == null ? null : decide(task, error);
      lock.lock();
      try {
        settle(task, error, decision);
        task = pick();
        start();
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Under the lock; {@code decision} is null if there was no error. */
  private void settle(Task task, Throwable error, FailureDecision decision) {
    if (decision == null) {
      finish(task);
    } else if (decision instanceof FailureDecision.Skip) {
      log.warn(
          "Shard {}: {} is skipped after {} attempts", shardId, task.record, task.attempts, error);
      finish(task);
    } else if (decision instanceof FailureDecision.Stop) {
      queues.postpone(task.key);
      stop(task.record + " failed for good, after " + task.attempts + " attempts: " + error, error);
    } else if (decision instanceof FailureDecision.StoreDeadLetter
        && settings.deadLetters().destination() != null) {
      queues.postpone(task.key);
      task.letter = letter(task, error);
      submitStore(task);
    } else {
      queues.postpone(task.key);
      retryLater(task, error, decision);
    }
  }

  private void finish(Task task) {
    queues.finish(task.key);
    unfinishedBytes -= task.record.getData().remaining();
    if (lowWater.finish(task.entry)) {
      planCheckpoint();
    }
  }

  private void retryLater(Task task, Throwable error, FailureDecision decision) {
    long millis =
        decision instanceof FailureDecision.RetryAfter after
            ? after.pause().toMillis()
            : backoffMillis(task.attempts);
    if (Integer.bitCount(task.attempts) == 1) { // the first, second, fourth, eighth… time
      log.warn(
          "Shard {}: {} failed, attempt {}; it is tried again in {} ms, and later records of its key wait",
          shardId,
          task.record,
          task.attempts,
          millis,
          error);
    }
    later(
        millis,
        () -> {
          if (course == Course.RUNNING && stopped == null) {
            queues.resume(task.key);
            start();
          }
        });
  }

  private FailureDecision decide(Task task, Throwable error) {
    FailureDecision decision = null;
    try {
      decision =
          settings
              .onFailure()
              .decide(new RecordFailure(shardId, task.record, error, task.attempts));
      if (decision == null) {
        log.error(
            "Shard {}: the failure handler returned null; the record is tried again", shardId);
      } else if (decision instanceof FailureDecision.StoreDeadLetter
          && settings.deadLetters().destination() == null) {
        log.error(
            "Shard {}: {} should become a dead letter, but there is no destination: give one to"
                + " KeyParallelProcessorFactory.Builder.deadLetters. The record is tried again",
            shardId,
            task.record);
      }
    } catch (Throwable e) {
      log.error("Shard {}: the failure handler threw; the record is tried again", shardId, e);
    }
    return decision == null ? new FailureDecision.Retry() : decision;
  }

  // ---- dead letters

  private DeadLetter letter(Task task, Throwable error) {
    Record record = task.record;
    return DeadLetter.builder().stream(settings.deadLetters().stream())
        .shardId(shardId)
        .partitionKey(record.getPartitionKey())
        .explicitHashKey(record.getExplicitHashKey())
        .position(record.getSequenceNumber(), record.getSubSequenceNumber())
        .approximateArrival(record.getApproximateArrivalTimestamp())
        .payload(record.getData())
        .error(error)
        .attempts(task.attempts)
        .failedAt(Instant.ofEpochMilli(settings.tools().clock().wallMillis()))
        .build();
  }

  /** Under the lock. */
  private void submitStore(Task task) {
    if (submit(() -> store(task))) {
      storing++;
    }
  }

  private void store(Task task) {
    try {
      settings
          .deadLetters()
          .destination()
          .store(task.letter)
          .whenComplete((nothing, error) -> stored(task, error));
    } catch (Throwable e) {
      stored(task, e);
    }
  }

  private void stored(Task task, Throwable error) {
    locked(
        () -> {
          storing--;
          if (error == null) {
            log.warn(
                "Shard {}: {} became a dead letter after {} attempts",
                shardId,
                task.record,
                task.attempts);
            finish(task);
            start();
            return;
          }
          task.storeAttempts++;
          long millis = backoffMillis(task.storeAttempts);
          if (Integer.bitCount(task.storeAttempts) == 1) {
            log.error(
                "Shard {}: the dead letter of {} could not be stored, attempt {}; it is tried again in {} ms,"
                    + " and the shard's checkpoint does not pass the record",
                shardId,
                task.record,
                task.storeAttempts,
                millis,
                error);
          }
          later(
              millis,
              () -> {
                if (course == Course.RUNNING && stopped == null) {
                  submitStore(task);
                }
              });
        });
  }

  // ---- checkpoints

  /** Under the lock. */
  private void planCheckpoint() {
    if (checkpointPlanned || lastCall) {
      return;
    }
    checkpointPlanned = true;
    long sinceLast = settings.tools().clock().monotonicMillis() - lastCheckpointMillis;
    later(
        Math.max(0, settings.limits().checkpointMillis() - sinceLast),
        () -> {
          if (!lastCall) {
            checkpointing = submit(this::checkpointMark);
          }
        });
  }

  private Checkpoint unwrittenMark() {
    Checkpoint mark = lowWater.mark();
    return mark == null || mark.equals(checkpointed) ? null : mark;
  }

  private void checkpointMark() {
    Checkpoint mark;
    IRecordProcessorCheckpointer with;
    lock.lock();
    try {
      mark = unwrittenMark();
      with = checkpointer;
    } finally {
      lock.unlock();
    }
    boolean held = true;
    long pauseMillis = 0;
    try {
      if (mark != null) {
        write(with, mark);
      }
    } catch (ShutdownException e) {
      held = false;
      log.info("Shard {}: {}", shardId, e.getMessage());
      locked(() -> course = Course.HALTED);
    } catch (Throwable e) {
      log.error("Shard {}: the checkpoint at {} failed; it is tried again", shardId, mark, e);
      pauseMillis = FIRST_RETRY_MILLIS;
    }
    boolean goOn = held;
    long notBefore = settings.tools().clock().monotonicMillis() + pauseMillis;
    locked(
        () -> {
          checkpointing = false;
          checkpointPlanned = false;
          lastCheckpointMillis = notBefore;
          if (goOn && unwrittenMark() != null) {
            planCheckpoint();
          }
        });
  }

  private void write(IRecordProcessorCheckpointer with, Checkpoint mark) throws Exception {
    with.checkpoint(mark.sequenceNumber().orElseThrow().digits(), mark.subSequenceNumber());
    locked(() -> checkpointed = mark);
  }

  // ---- lock, time

  /** Under the lock. */
  private void stop(String why, Throwable cause) {
    if (stopped == null) {
      stopped =
          new IllegalStateException(
              "Shard "
                  + shardId
                  + " is stopped, and its lease is kept: "
                  + why
                  + ". It goes on with the records behind its checkpoint when the worker is started anew",
              cause);
      log.error(stopped.getMessage(), cause);
    }
    changed.signalAll();
  }

  /** Runs under the lock, later. */
  private void later(long millis, Runnable step) {
    settings.tools().scheduler().schedule(() -> locked(step), millis);
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

  private long backoffMillis(int attempts) {
    long full = FIRST_RETRY_MILLIS;
    for (int i = 1; i < attempts && full < LONGEST_RETRY_MILLIS; i++) {
      full *= 2;
    }
    full = Math.min(full, LONGEST_RETRY_MILLIS);
    return full - settings.tools().random().nextLong(full / 2 + 1);
  }
}
