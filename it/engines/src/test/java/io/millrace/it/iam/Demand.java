package io.millrace.it.iam;

/**
 * One action on one resource that a call needed.
 *
 * @param role whose credentials made the call
 * @param action as a policy names it, such as {@code s3:PutObject}
 * @param resource its ARN
 * @param operation the call, as the SDK names it
 */
record Demand(String role, String action, String resource, String operation) {

  private static final String BETWEEN = "\t";

  String line() {
    return String.join(BETWEEN, role, action, resource, operation);
  }

  static Demand ofLine(String line) {
    String[] parts = line.split(BETWEEN, -1);
    return new Demand(parts[0], parts[1], parts[2], parts[3]);
  }

  @Override
  public String toString() {
    return action + " on " + resource + " (" + operation + " by " + role + ")";
  }
}
