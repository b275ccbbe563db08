package io.millrace.samples.referrers;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Shards in plain words: {@code shardId-000000000003} is "shard 3". */
final class ShardNames {

  private static final Pattern ID = Pattern.compile("shardId-0*(\\d+)");

  private ShardNames() {}

  /** The number, or the whole id where it has none. */
  static String brief(String shardId) {
    Matcher id = ID.matcher(shardId);
    return id.matches() ? id.group(1) : shardId;
  }

  /** Such as "shard 3" or "shards 1, 3 and 4". */
  static String list(Collection<String> shardIds) {
    List<String> names = briefly(shardIds);
    String last = names.get(names.size() - 1);
    return names.size() == 1
        ? "shard " + last
        : "shards " + String.join(", ", names.subList(0, names.size() - 1)) + " and " + last;
  }

  /** In the order of their numbers. */
  static List<String> briefly(Collection<String> shardIds) {
    return shardIds.stream()
        .sorted(Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder()))
        .map(ShardNames::brief)
        .toList();
  }
}
