package io.millrace.it.backend;

import static io.millrace.it.backend.Difference.BAD_ITERATOR_IS_ITS_FAULT;
import static io.millrace.it.backend.Difference.CLOSED_SHARDS_GO_ON;
import static io.millrace.it.backend.Difference.LIST_SHARDS_IGNORES_FILTERS;
import static io.millrace.it.backend.Difference.NO_CBOR;
import static io.millrace.it.backend.Difference.NO_CHILD_SHARDS;
import static io.millrace.it.backend.Difference.NO_ENDING_NUMBERS;
import static io.millrace.it.backend.Difference.NO_FAN_OUT;
import static io.millrace.it.backend.Difference.NO_HTTP2;
import static io.millrace.it.backend.Difference.NO_WRITE_LIMIT;
import static io.millrace.it.backend.Difference.NUMBERS_OF_OTHER_SHARDS;
import static io.millrace.it.backend.Difference.TRIM_HORIZON_LISTS_CHILDREN;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/** The backends there are, each with how it differs from AWS. */
enum Kind {
  /** What belongs to every build; needs nothing but a JDK. */
  EMBEDDED("embedded", NO_WRITE_LIMIT, NO_FAN_OUT) {
    @Override
    Backend start(Settings settings) {
      return new EmbeddedBackend();
    }
  },
  /** Needs node and npm. */
  KINESIS_LOCAL(
      "kinesis-local",
      TRIM_HORIZON_LISTS_CHILDREN,
      NO_ENDING_NUMBERS,
      BAD_ITERATOR_IS_ITS_FAULT,
      NUMBERS_OF_OTHER_SHARDS,
      NO_WRITE_LIMIT) {
    @Override
    Backend start(Settings settings) {
      return NpmBackend.kinesisLocal();
    }
  },
  /** Needs node and npm. An old server that does not name the children of a shard. */
  KINESALITE(
      "kinesalite",
      NO_CHILD_SHARDS,
      LIST_SHARDS_IGNORES_FILTERS,
      TRIM_HORIZON_LISTS_CHILDREN,
      NO_WRITE_LIMIT,
      NO_CBOR,
      NO_HTTP2,
      NO_FAN_OUT) {
    @Override
    Backend start(Settings settings) {
      return NpmBackend.kinesalite();
    }
  },
  /** Needs Docker, or a LocalStack that is running. */
  LOCALSTACK(
      "localstack",
      TRIM_HORIZON_LISTS_CHILDREN,
      NO_ENDING_NUMBERS,
      BAD_ITERATOR_IS_ITS_FAULT,
      NUMBERS_OF_OTHER_SHARDS,
      NO_WRITE_LIMIT) {
    @Override
    Backend start(Settings settings) {
      return new LocalStackBackend(settings);
    }
  },
  /** Needs Python's moto. A server that lacks much: what works on it asks little of a server. */
  MOTO(
      "moto",
      CLOSED_SHARDS_GO_ON,
      NO_CHILD_SHARDS,
      LIST_SHARDS_IGNORES_FILTERS,
      TRIM_HORIZON_LISTS_CHILDREN,
      NO_ENDING_NUMBERS,
      BAD_ITERATOR_IS_ITS_FAULT,
      NUMBERS_OF_OTHER_SHARDS,
      NO_WRITE_LIMIT,
      NO_CBOR,
      NO_HTTP2,
      NO_FAN_OUT) {
    @Override
    Backend start(Settings settings) {
      return new MotoBackend(settings);
    }
  },
  /** Needs an account, and costs money. By definition it differs in nothing. */
  AWS("aws") {
    @Override
    Backend start(Settings settings) {
      return new AwsBackend(settings);
    }
  };

  private final String text;
  private final Set<Difference> differences;

  Kind(String text, Difference... differences) {
    this.text = text;
    Set<Difference> set = EnumSet.noneOf(Difference.class);
    set.addAll(Arrays.asList(differences));
    this.differences = Collections.unmodifiableSet(set);
  }

  /**
   * Starts it, or finds the one that runs.
   *
   * @throws NotStartedException if that is not possible here, with what to do about it
   */
  abstract Backend start(Settings settings);

  /** As {@code -Dit.backend=} has it. */
  String text() {
    return text;
  }

  Set<Difference> differences() {
    return differences;
  }

  /** The one that {@code -Dit.backend=} names; the embedded one if it names none. */
  static Kind chosen(Settings settings) {
    String wanted = settings.get("it.backend").orElse(EMBEDDED.text);
    return Arrays.stream(values())
        .filter(kind -> kind.text.equals(wanted))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "-Dit.backend="
                        + wanted
                        + " is not allowed; allowed: "
                        + Arrays.stream(values())
                            .map(Kind::text)
                            .collect(Collectors.joining(", "))));
  }
}
