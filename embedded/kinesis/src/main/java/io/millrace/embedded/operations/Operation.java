package io.millrace.embedded.operations;

/** One operation of the API. */
@FunctionalInterface
interface Operation {
  /**
   * Runs it without waiting for anything.
   *
   * @param now milliseconds since 1970
   */
  Answer run(Request request, long now);
}
