package io.millrace.samples.referrers;

import java.util.List;
import java.util.random.RandomGenerator;

/** Makes up visits: some referrers send many visitors, others few. One thread only. */
final class VisitGenerator {

  /** In the order of their popularity: each is about two thirds as popular as the one before. */
  private static final List<String> REFERRERS =
      List.of(
          "www.google.com",
          "duckduckgo.com",
          "www.reddit.com",
          "news.ycombinator.com",
          "en.wikipedia.org",
          "stackoverflow.com",
          "www.bing.com",
          "github.com");

  private static final double STOP_HERE = 1.0 / 3;

  private final String writer;
  private final RandomGenerator random;
  private long next;

  VisitGenerator(String writer, RandomGenerator random) {
    this.writer = writer;
    this.random = random;
  }

  Visit next() {
    String resource = Visit.RESOURCES.get(random.nextInt(Visit.RESOURCES.size()));
    int referrer = 0;
    while (referrer < REFERRERS.size() - 1 && random.nextDouble() > STOP_HERE) {
      referrer++;
    }
    return new Visit(resource, REFERRERS.get(referrer), writer, next++);
  }

  /** A visitor's id: many of them, so that every shard gets its share. */
  String partitionKey() {
    return "visitor-" + random.nextInt(1_000_000);
  }
}
