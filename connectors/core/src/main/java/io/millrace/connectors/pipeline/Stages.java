package io.millrace.connectors.pipeline;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Calls of code that is not ours. */
final class Stages {
  private Stages() {}

  /** What is to give a stage, and may throw or give null in its place. */
  interface Call<R> {
    CompletionStage<R> begin();
  }

  /** The stage of the call; one that has failed if there is none. Never null, throws nothing. */
  static <R> CompletionStage<R> of(Call<R> call) {
    try {
      CompletionStage<R> stage = call.begin();
      return stage == null
          ? CompletableFuture.failedFuture(
              new IllegalStateException("A sink or a destination of dead letters returned null"))
          : stage;
    } catch (RuntimeException | Error e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
