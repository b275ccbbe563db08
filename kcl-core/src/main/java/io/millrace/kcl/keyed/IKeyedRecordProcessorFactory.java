package io.millrace.kcl.keyed;

/** Makes a processor for each shard. */
@FunctionalInterface
public interface IKeyedRecordProcessorFactory {

  /** A new processor; not null. Called on processing threads, possibly several at a time. */
  IKeyedRecordProcessor createProcessor();
}
