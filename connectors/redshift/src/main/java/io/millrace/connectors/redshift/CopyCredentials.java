package io.millrace.connectors.redshift;

/** With what right COPY reads the files. */
sealed interface CopyCredentials {

  /** The part of the statement. */
  String clause();

  /**
   * A role that the cluster may take.
   *
   * @param arn {@code default} for the cluster's default role
   */
  record IamRole(String arn) implements CopyCredentials {
    @Override
    public String clause() {
      return arn.equals("default") ? "IAM_ROLE default" : "IAM_ROLE " + Sql.literal(arn);
    }
  }

  /**
   * Keys.
   *
   * @param sessionToken null if they are not temporary
   */
  record Keys(String accessKeyId, String secretAccessKey, String sessionToken)
      implements CopyCredentials {
    @Override
    public String clause() {
      return "ACCESS_KEY_ID "
          + Sql.literal(accessKeyId)
          + " SECRET_ACCESS_KEY "
          + Sql.literal(secretAccessKey)
          + (sessionToken == null ? "" : " SESSION_TOKEN " + Sql.literal(sessionToken));
    }

    /** No secret. */
    @Override
    public String toString() {
      return "Keys[" + accessKeyId + "]";
    }
  }
}
