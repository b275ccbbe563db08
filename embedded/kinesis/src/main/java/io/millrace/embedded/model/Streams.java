package io.millrace.embedded.model;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** All streams of a server, by name. */
public final class Streams {
  /** The account that everything belongs to. */
  public static final String ACCOUNT = "000000000000";

  private static final String REGION = "us-east-1";
  private static final Pattern ARN =
      Pattern.compile("arn:aws[^:]*:kinesis:[^:]*:\\d{12}:stream/(\\S+)");

  private final Map<String, Stream> byName = new ConcurrentHashMap<>();
  private final AtomicLong incarnations = new AtomicLong();
  private final Stream.Limits limits;

  public Streams(Stream.Limits limits) {
    this.limits = limits;
  }

  /**
   * Creates a stream.
   *
   * @throws KinesisError ResourceInUseException if it exists, LimitExceededException for too many
   *     shards
   */
  public Stream create(String name, int shards, String mode, long now) {
    if (shards > limits.shards()) {
      throw tooManyShards(shards, limits.shards());
    }
    return byName.compute(
        name,
        (key, existing) -> {
          if (existing != null && existing.status(now) != Stream.Status.GONE) {
            throw KinesisError.resourceInUse(
                "Stream " + name + " under account " + ACCOUNT + " already exists.");
          }
          return new Stream(
              name,
              "arn:aws:kinesis:" + REGION + ":" + ACCOUNT + ":stream/" + name,
              mode,
              incarnations.incrementAndGet(),
              shards,
              now,
              limits);
        });
  }

  /**
   * The stream of that name.
   *
   * @throws KinesisError ResourceNotFoundException if there is none
   */
  public Stream get(String name, long now) {
    Stream stream = byName.get(name);
    if (stream == null || stream.status(now) == Stream.Status.GONE) {
      throw KinesisError.resourceNotFound(notFound(name));
    }
    return stream;
  }

  /** The stream and no later one of the same name. */
  public Stream get(String name, long incarnation, long now) {
    Stream stream = get(name, now);
    if (stream.incarnation() != incarnation) {
      throw KinesisError.resourceNotFound(notFound(name));
    }
    return stream;
  }

  public void delete(String name, long now) {
    Stream stream = get(name, now);
    stream.delete(now);
    if (stream.status(now) == Stream.Status.GONE) {
      byName.remove(name, stream);
    }
  }

  /** By name. */
  public List<Stream> list(long now) {
    byName.values().removeIf(stream -> stream.status(now) == Stream.Status.GONE);
    return byName.values().stream().sorted((a, b) -> a.name().compareTo(b.name())).toList();
  }

  /** The name in an ARN; account and region may be any. */
  public static String nameInArn(String arn) {
    Matcher matcher = ARN.matcher(arn);
    if (!matcher.matches()) {
      throw KinesisError.invalidArgument("StreamARN " + arn + " is not the ARN of a stream.");
    }
    return matcher.group(1);
  }

  static String notFound(String name) {
    return "Stream " + name + " under account " + ACCOUNT + " not found.";
  }

  static KinesisError tooManyShards(int wanted, int limit) {
    return KinesisError.limitExceeded(
        "This request would exceed the shard limit for the account "
            + ACCOUNT
            + " in "
            + REGION
            + ": "
            + wanted
            + " open shards wanted, limit "
            + limit
            + ".");
  }
}
