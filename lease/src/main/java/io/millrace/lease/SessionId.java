package io.millrace.lease;

import java.util.Optional;

/**
 * The identity of one run of a worker: {@code workerId@page.joins-random}. It is unique for ever,
 * so two workers with one worker id are harmless, and it names the page that its entry lives in.
 */
public record SessionId(String value) implements Comparable<SessionId> {

  /**
   * Longer worker ids are shortened with a hash, so that eight sessions fit a page of 1,000 bytes.
   */
  public static final int MAX_WORKER_ID_CHARS = 32;

  private static final int MAX_PAGE_DIGITS = 6;
  private static final int MAX_JOINS_DIGITS = 18;
  private static final int MIN_RANDOM_CHARS = 4;
  private static final int MAX_RANDOM_CHARS = 13;

  public SessionId {
    if (!isSessionId(value)) {
      throw new IllegalArgumentException(
          "Not a session id: '" + value + "'; expected workerId@page.joins-random");
    }
  }

  // by hand, not by a pattern: a worker asks it of every owner in the table at every turn
  private static boolean isSessionId(String value) {
    int at = value.lastIndexOf('@');
    int dot = value.indexOf('.', at + 1);
    int dash = value.indexOf('-', dot + 1);
    return at >= 0
        && dot >= 0
        && dash >= 0
        && isDigits(value, at + 1, dot, MAX_PAGE_DIGITS)
        && isDigits(value, dot + 1, dash, MAX_JOINS_DIGITS)
        && isRandomPart(value, dash + 1);
  }

  private static boolean isDigits(String value, int from, int to, int most) {
    for (int i = from; i < to; i++) {
      if (value.charAt(i) < '0' || value.charAt(i) > '9') {
        return false;
      }
    }
    return to > from && to - from <= most;
  }

  private static boolean isRandomPart(String value, int from) {
    for (int i = from; i < value.length(); i++) {
      char c = value.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'z')) {
        return false;
      }
    }
    int length = value.length() - from;
    return length >= MIN_RANDOM_CHARS && length <= MAX_RANDOM_CHARS;
  }

  /**
   * Makes the id of a session that is about to join a page.
   *
   * @param workerId shortened if it is longer than {@value #MAX_WORKER_ID_CHARS} characters, or not
   *     ASCII
   * @param page the number of the page; not negative
   * @param joins the page's count as it was read; not negative
   * @param random a random number; its low 40 bits go into the id
   */
  public static SessionId create(String workerId, int page, long joins, long random) {
    String tail = Long.toString(random & 0xFF_FFFF_FFFFL, 36);
    return new SessionId(
        shorten(workerId)
            + "@"
            + page
            + "."
            + joins
            + "-"
            + "0000".substring(Math.min(4, tail.length()))
            + tail);
  }

  /**
   * The id in a lease's owner, or empty if the owner is no session of ours (another library wrote
   * it).
   */
  public static Optional<SessionId> parse(String owner) {
    return isSessionId(owner) ? Optional.of(new SessionId(owner)) : Optional.empty();
  }

  private static String shorten(String workerId) {
    if (workerId.length() <= MAX_WORKER_ID_CHARS && workerId.chars().allMatch(c -> c < 128)) {
      return workerId;
    }
    // FNV-1a: spreads well enough for a label; uniqueness rests on page, joins and the random part
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < workerId.length(); i++) {
      hash = (hash ^ workerId.charAt(i)) * 0x100000001b3L;
    }
    StringBuilder ascii = new StringBuilder();
    for (int i = 0; i < workerId.length() && ascii.length() < MAX_WORKER_ID_CHARS - 9; i++) {
      char c = workerId.charAt(i);
      ascii.append(c < 128 ? c : '_');
    }
    return ascii + "~" + String.format("%08x", (int) (hash ^ (hash >>> 32)));
  }

  // planners ask for the page of every session at every turn: found by hand, not by the pattern
  private int at() {
    return value.lastIndexOf('@');
  }

  private int dot() {
    return value.indexOf('.', at());
  }

  /** The worker id, shortened if it was long. */
  public String workerId() {
    return value.substring(0, at());
  }

  /** The number of the page whose row holds this session's entry. */
  public int page() {
    return Integer.parseInt(value, at() + 1, dot(), 10);
  }

  /** How many sessions had joined that page before. */
  public long joins() {
    return Long.parseLong(value, dot() + 1, value.indexOf('-', dot()), 10);
  }

  @Override
  public int compareTo(SessionId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
