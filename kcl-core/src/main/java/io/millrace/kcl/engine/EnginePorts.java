package io.millrace.kcl.engine;

import io.millrace.kcl.stream.StreamSource;
import io.millrace.kcl.time.Clock;
import io.millrace.kcl.time.RandomSource;
import io.millrace.kcl.time.Scheduler;
import io.millrace.lease.LeaseStore;
import java.util.concurrent.Executor;

/**
 * Everything outside the engine.
 *
 * @param loop runs the worker's events one after another; one thread
 */
public record EnginePorts(
    LeaseStore store,
    StreamSource stream,
    ShardProcessorFactory processors,
    Clock clock,
    Scheduler scheduler,
    Executor loop,
    RandomSource random,
    EngineEvents events) {

  /** The same, but for this one. */
  public EnginePorts withStore(LeaseStore newStore) {
    return new EnginePorts(newStore, stream, processors, clock, scheduler, loop, random, events);
  }

  /** The same, but for this one. */
  public EnginePorts withStream(StreamSource newStream) {
    return new EnginePorts(store, newStream, processors, clock, scheduler, loop, random, events);
  }

  /** The same, but for this one. */
  public EnginePorts withProcessors(ShardProcessorFactory newProcessors) {
    return new EnginePorts(store, stream, newProcessors, clock, scheduler, loop, random, events);
  }

  EnginePorts withEvents(EngineEvents newEvents) {
    return new EnginePorts(store, stream, processors, clock, scheduler, loop, random, newEvents);
  }
}
