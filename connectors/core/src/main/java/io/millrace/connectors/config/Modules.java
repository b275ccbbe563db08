package io.millrace.connectors.config;

import java.util.Collection;
import java.util.Collections;
import java.util.ServiceLoader;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/** What files can name: the sinks, dead letter destinations and steps that are there. Immutable. */
public final class Modules {

  private final SortedMap<String, SinkProvider> sinks;
  private final SortedMap<String, DeadLetterProvider> deadLetters;
  private final SortedMap<String, StepProvider> steps;

  /**
   * @throws IllegalStateException if two have one name
   */
  public Modules(
      Collection<SinkProvider> sinks,
      Collection<DeadLetterProvider> deadLetters,
      Collection<StepProvider> steps) {
    this.sinks = byName("sink", sinks, SinkProvider::section);
    this.deadLetters = byName("dead letter destination", deadLetters, DeadLetterProvider::section);
    this.steps = byName("step", steps, StepProvider::section);
  }

  /** Everything on the class path. */
  public static Modules installed() {
    return new Modules(
        all(SinkProvider.class), all(DeadLetterProvider.class), all(StepProvider.class));
  }

  private static <P> Collection<P> all(Class<P> type) {
    return ServiceLoader.load(type, Modules.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .toList();
  }

  private static <P> SortedMap<String, P> byName(
      String what, Collection<P> providers, Function<P, Section> section) {
    SortedMap<String, P> byName = new TreeMap<>();
    for (P provider : providers) {
      String name = section.apply(provider).name();
      P other = byName.put(name, provider);
      if (other != null) {
        throw new IllegalStateException(
            "Both "
                + other.getClass().getName()
                + " and "
                + provider.getClass().getName()
                + " are the "
                + what
                + " '"
                + name
                + "': take one off the class path");
      }
    }
    return Collections.unmodifiableSortedMap(byName);
  }

  /** By name, and in the order of names. */
  public SortedMap<String, SinkProvider> sinks() {
    return sinks;
  }

  /** By name, and in the order of names. */
  public SortedMap<String, DeadLetterProvider> deadLetters() {
    return deadLetters;
  }

  /** By name, and in the order of names. */
  public SortedMap<String, StepProvider> steps() {
    return steps;
  }
}
