package io.millrace.kcl.engine;

import io.millrace.lease.LeaseKey;

/** Makes the processor of a shard; called on the loop thread, must return at once and not throw. */
public interface ShardProcessorFactory {

  ShardProcessor create(LeaseKey shard);
}
