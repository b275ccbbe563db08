package io.millrace.connectors.dynamodb;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** Sends writes, once. Does not block. */
interface Writer {

  /** How many writes it takes at once, each of another row. */
  int most();

  /** How many bytes it takes at once. */
  long mostBytes();

  /**
   * @return one verdict for each, in their order; never exceptionally
   */
  CompletionStage<List<Verdict>> write(List<Write> writes);
}
