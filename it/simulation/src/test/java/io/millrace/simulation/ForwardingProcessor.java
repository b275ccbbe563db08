package io.millrace.simulation;

import io.millrace.kcl.engine.Batch;
import io.millrace.kcl.engine.GivenUp;
import io.millrace.kcl.engine.ShardCheckpointer;
import io.millrace.kcl.engine.ShardProcessor;
import io.millrace.kcl.engine.ShardStart;
import java.util.concurrent.CompletionStage;

/** A processor that passes every call on; planted bugs change one. */
class ForwardingProcessor implements ShardProcessor {

  final ShardProcessor to;

  ForwardingProcessor(ShardProcessor to) {
    this.to = to;
  }

  @Override
  public CompletionStage<Void> initialize(ShardStart start) {
    return to.initialize(start);
  }

  @Override
  public CompletionStage<Void> process(Batch batch, ShardCheckpointer checkpointer) {
    return to.process(batch, checkpointer);
  }

  @Override
  public CompletionStage<Void> giveUp(GivenUp records) {
    return to.giveUp(records);
  }

  @Override
  public CompletionStage<Void> shardEnded(ShardCheckpointer checkpointer) {
    return to.shardEnded(checkpointer);
  }

  @Override
  public CompletionStage<Void> shutdownRequested(ShardCheckpointer checkpointer) {
    return to.shutdownRequested(checkpointer);
  }

  @Override
  public CompletionStage<Void> leaseLost() {
    return to.leaseLost();
  }

  @Override
  public void leaseEnding() {
    to.leaseEnding();
  }
}
