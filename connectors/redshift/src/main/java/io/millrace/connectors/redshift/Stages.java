package io.millrace.connectors.redshift;

import io.millrace.connectors.sink.SinkException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** Waiting for stages, on threads that may. */
final class Stages {
  private Stages() {}

  /**
   * @throws SinkException as the stage has failed with
   */
  static <T> T join(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof SinkException trouble) {
        throw trouble;
      }
      throw e;
    }
  }
}
