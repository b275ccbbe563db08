package io.millrace.embedded.redshift;

/** What a statement of the client becomes. */
sealed interface Statement {

  /** What PostgreSQL is told. */
  String forPostgres();

  /** Goes to PostgreSQL. */
  record Plain(String forPostgres) implements Statement {}

  /** The proxy reads the objects, PostgreSQL stores the rows. */
  record Copy(CopyStatement copy) implements Statement {
    @Override
    public String forPostgres() {
      return copy.forPostgres();
    }
  }

  /** Commits, as it does in Redshift. */
  record Truncate(String forPostgres) implements Statement {}

  /**
   * Makes a table.
   *
   * @param attributes what PostgreSQL knows nothing of
   */
  record CreateTable(String forPostgres, CreatedTable attributes) implements Statement {}
}
