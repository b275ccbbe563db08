package io.millrace.kcl.stream;

/**
 * What the stream says of itself.
 *
 * @param name its name
 * @param arn its ARN
 * @param creationMillis when it was created, in epoch milliseconds
 * @param retentionMillis how long records are kept, in milliseconds
 * @param serverMillis the server's clock when it answered, in epoch milliseconds
 * @param status {@code CREATING}, {@code ACTIVE}, {@code UPDATING}, {@code DELETING}
 */
public record StreamDescription(
    String name,
    String arn,
    long creationMillis,
    long retentionMillis,
    long serverMillis,
    String status) {}
