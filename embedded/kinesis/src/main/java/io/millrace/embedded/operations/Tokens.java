package io.millrace.embedded.operations;

import io.millrace.embedded.model.KinesisError;
import io.millrace.embedded.model.ShardFilter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * Shard iterators and page tokens: opaque to callers, and all that the server needs to go on. They
 * carry a checksum against accidents, not against forgery.
 */
final class Tokens {
  /** Iterators and tokens live this long. */
  static final long LIFETIME_MILLIS = 300_000;

  private static final String SEPARATOR = ":";

  private Tokens() {}

  /** A reader's place in a shard. */
  record ShardIterator(
      String stream, long incarnation, String shardId, long place, long issuedAtMillis) {

    String encode() {
      return seal("i", stream, incarnation, shardId, place, issuedAtMillis);
    }

    /**
     * @throws KinesisError InvalidArgumentException or ExpiredIteratorException
     */
    static ShardIterator decode(String token, long now) {
      ShardIterator iterator =
          open(token, "i", 5)
              .map(
                  part ->
                      new ShardIterator(
                          part[0],
                          Long.parseLong(part[1]),
                          part[2],
                          Long.parseLong(part[3]),
                          Long.parseLong(part[4])))
              .orElseThrow(() -> KinesisError.invalidArgument("Invalid ShardIterator."));
      if (now - iterator.issuedAtMillis() > LIFETIME_MILLIS) {
        throw KinesisError.expiredIterator(
            "Iterator expired. The iterator was created at time "
                + Instant.ofEpochMilli(iterator.issuedAtMillis())
                + " while right now it is "
                + Instant.ofEpochMilli(now)
                + " which is further in the future than the tolerated delay of "
                + LIFETIME_MILLIS
                + " milliseconds.");
      }
      return iterator;
    }
  }

  /** Where a list of shards goes on. */
  record ShardPage(
      String stream,
      long incarnation,
      ShardFilter filter,
      String lastShardId,
      long issuedAtMillis) {

    String encode() {
      String after = filter.shardId() == null ? "" : filter.shardId();
      return seal(
          "s",
          stream,
          incarnation,
          filter.type(),
          after,
          filter.timestampMillis(),
          lastShardId,
          issuedAtMillis);
    }

    /**
     * @throws KinesisError InvalidArgumentException or ExpiredNextTokenException
     */
    static ShardPage decode(String token, long now) {
      ShardPage page =
          open(token, "s", 7)
              .map(
                  part ->
                      new ShardPage(
                          part[0],
                          Long.parseLong(part[1]),
                          new ShardFilter(
                              ShardFilter.Type.valueOf(part[2]),
                              part[3].isEmpty() ? null : part[3],
                              Long.parseLong(part[4])),
                          part[5],
                          Long.parseLong(part[6])))
              .orElseThrow(() -> KinesisError.invalidArgument("NextToken is invalid."));
      if (now - page.issuedAtMillis() > LIFETIME_MILLIS) {
        throw KinesisError.expiredNextToken(
            "NextToken expired: it was created at "
                + Instant.ofEpochMilli(page.issuedAtMillis())
                + " and now it is "
                + Instant.ofEpochMilli(now)
                + ".");
      }
      return page;
    }
  }

  /** Where a list of streams goes on. */
  static String streamPage(String lastName) {
    return seal("l", lastName);
  }

  static String lastNameIn(String streamPage) {
    return open(streamPage, "l", 1)
        .map(part -> part[0])
        .orElseThrow(() -> KinesisError.invalidArgument("NextToken is invalid."));
  }

  private static String seal(String kind, Object... parts) {
    StringBuilder plain = new StringBuilder(kind);
    for (Object part : parts) {
      plain.append(SEPARATOR).append(part);
    }
    String checksum = checksum(plain.toString());
    plain.append(SEPARATOR).append(checksum);
    return Base64.getEncoder().encodeToString(plain.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static Optional<String[]> open(String token, String kind, int count) {
    String plain;
    try {
      plain = new String(Base64.getDecoder().decode(token), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    int end = plain.lastIndexOf(SEPARATOR);
    if (end < 0 || !plain.substring(end + 1).equals(checksum(plain.substring(0, end)))) {
      return Optional.empty();
    }
    String[] parts = plain.substring(0, end).split(SEPARATOR, -1);
    if (parts.length != count + 1 || !parts[0].equals(kind)) {
      return Optional.empty();
    }
    String[] rest = new String[count];
    System.arraycopy(parts, 1, rest, 0, count);
    return Optional.of(rest);
  }

  private static String checksum(String plain) {
    CRC32 crc = new CRC32();
    crc.update(plain.getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(crc.getValue());
  }
}
