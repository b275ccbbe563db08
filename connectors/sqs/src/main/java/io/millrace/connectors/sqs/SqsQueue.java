package io.millrace.connectors.sqs;

import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;

/** What the file or the program calls the queue: its URL, or its name. */
final class SqsQueue {

  private static final Pattern NAME =
      Pattern.compile("[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\\.fifo");
  private static final Pattern AWS_HOST =
      Pattern.compile("https?://(?:sqs\\.([a-z0-9-]+)|([a-z0-9-]+)\\.queue)\\.amazonaws\\..*");

  static final String ALLOWED =
      "a queue's URL such as https://sqs.eu-west-1.amazonaws.com/123456789012/clicks-dead, or its"
          + " name of a-z A-Z 0-9 _ -, with .fifo at the end of a FIFO queue's";

  private final String said;

  private SqsQueue(String said) {
    this.said = said;
  }

  /**
   * @throws IllegalArgumentException if it is neither
   */
  static SqsQueue of(String text) {
    String said = text == null ? "" : text.trim();
    boolean url = said.matches("https?://[^/\\s]+/\\S+");
    if (!url && !NAME.matcher(said).matches()) {
      throw new IllegalArgumentException("it is neither");
    }
    return new SqsQueue(said);
  }

  private boolean isUrl() {
    return said.contains("://");
  }

  /** The region that its URL names; null if it does not. */
  String region() {
    Matcher matcher = AWS_HOST.matcher(said);
    if (!matcher.matches()) {
      return null;
    }
    return matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
  }

  boolean isFifo() {
    return said.endsWith(".fifo");
  }

  CompletableFuture<String> url(SqsAsyncClient client) {
    return isUrl()
        ? CompletableFuture.completedFuture(said)
        : client.getQueueUrl(r -> r.queueName(said)).thenApply(answer -> answer.queueUrl());
  }

  @Override
  public String toString() {
    return said;
  }
}
