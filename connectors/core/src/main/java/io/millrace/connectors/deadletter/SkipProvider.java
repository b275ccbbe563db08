package io.millrace.connectors.deadletter;

import io.millrace.connectors.config.ConfigException;
import io.millrace.connectors.config.DeadLetterProvider;
import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** No dead letters: what cannot be stored is logged, and lost. */
public final class SkipProvider implements DeadLetterProvider {

  private static final Logger log = LoggerFactory.getLogger(SkipProvider.class);

  private static final Section SECTION =
      new Section(
          "skip",
          "A record that cannot be transformed or stored is logged with its shard, sequence number"
              + " and error, and lost.",
          List.of());

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public DeadLetterDestination open(Values values, Surroundings surroundings) {
    return letter -> {
      log.error("Lost, because deadLetter.type is skip: {}", letter);
      return CompletableFuture.completedFuture(null);
    };
  }

  @Override
  public DeadLetterSource source(Values values, Surroundings surroundings) {
    throw new ConfigException(
        "deadLetter.type is skip: such records are logged and lost, so there are none to read");
  }

  @Override
  public List<Finding> check(Values values, Surroundings surroundings) {
    return List.of(
        Finding.good(
            "no dead letters are kept: a record that cannot be stored is logged and lost"));
  }

  @Override
  public String explain(Values values) {
    return "A record that cannot be transformed or stored is logged, and lost.";
  }
}
