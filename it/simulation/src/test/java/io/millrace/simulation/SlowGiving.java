package io.millrace.simulation;

import io.millrace.kcl.engine.EnginePorts;
import io.millrace.lease.HeldLease;
import io.millrace.lease.SessionId;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A table that takes hand-overs at once and answers them late, and how many it has at a time. */
final class SlowGiving implements Mutation {

  private final long answerMillis;
  private int underWay;
  private int mostUnderWay;

  SlowGiving(long answerMillis) {
    this.answerMillis = answerMillis;
  }

  int mostUnderWay() {
    return mostUnderWay;
  }

  @Override
  public EnginePorts ports(EnginePorts ports) {
    return ports.withStore(
        new ForwardingStore(ports.store()) {
          @Override
          public CompletionStage<OwnerResult> handOff(
              HeldLease held, Optional<SessionId> successor) {
            mostUnderWay = Math.max(mostUnderWay, ++underWay);
            CompletableFuture<OwnerResult> late = new CompletableFuture<>();
            to.handOff(held, successor)
                .whenComplete(
                    (result, error) ->
                        ports
                            .scheduler()
                            .schedule(
                                () -> {
                                  underWay--;
                                  if (error == null) {
                                    late.complete(result);
                                  } else {
                                    late.completeExceptionally(error);
                                  }
                                },
                                answerMillis));
            return late;
          }
        });
  }
}
