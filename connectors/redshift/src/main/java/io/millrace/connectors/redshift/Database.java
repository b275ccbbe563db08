package io.millrace.connectors.redshift;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.Set;

/**
 * Opens connections with Amazon's driver, and creates tables on request before the first one is
 * used.
 */
final class Database implements Connector {

  static final String URL_ALLOWED =
      "jdbc:redshift://HOST:5439/DATABASE, jdbc:redshift:iam://…, or jdbc:postgresql://… of an old"
          + " file, which Amazon's driver then serves";

  private static final String REDSHIFT = "jdbc:redshift:";
  private static final String POSTGRESQL = "jdbc:postgresql:";

  /** How much longer the client waits than the server works. */
  private static final Duration MARGIN = Duration.ofSeconds(30);

  /** Somebody else has created it in the same moment. */
  private static final Set<String> EXISTS = Set.of("42P07", "23505");

  /**
   * Where the database is.
   *
   * @param url for Amazon's driver
   * @param user null if the URL or IAM says it
   * @param password null if IAM is asked for one
   * @param connectTimeout for a connection with its handshake
   * @param loadTimeout for each statement
   */
  record Address(
      String url, String user, String password, Duration connectTimeout, Duration loadTimeout) {
    /** No secret, not even one in the URL. */
    @Override
    public String toString() {
      return withoutParameters(url);
    }
  }

  private final Address address;
  private final List<String> creations;
  private boolean created;

  /**
   * @param creations statements that create tables if they are not there
   */
  Database(Address address, List<String> creations) {
    this.address = address;
    this.creations = List.copyOf(creations);
  }

  /**
   * The URL for Amazon's driver.
   *
   * @throws IllegalArgumentException if it is for none of those that it serves
   */
  static String driverUrl(String url) {
    String trimmed = url.trim();
    String redshift =
        trimmed.startsWith(POSTGRESQL)
            ? REDSHIFT + trimmed.substring(POSTGRESQL.length())
            : trimmed;
    if (!redshift.startsWith(REDSHIFT + "//") && !redshift.startsWith(REDSHIFT + "iam://")) {
      throw new IllegalArgumentException("it is no such URL");
    }
    if (redshift.matches("(?i).*[?&;](password|pwd|secretaccesskey|sessiontoken)=.*")) {
      throw new IllegalArgumentException(
          "it has a secret in it, which would be logged with it; say user and password as keys of"
              + " their own");
    }
    return redshift;
  }

  private static String withoutParameters(String url) {
    return url.split("[?;]", 2)[0];
  }

  @Override
  public synchronized Connection open() throws SQLException {
    Connection connection = connect();
    boolean ready = false;
    try {
      execute(connection, "SET statement_timeout TO " + address.loadTimeout().toMillis());
      if (!created) {
        create(connection);
        created = true;
      }
      ready = true;
      return connection;
    } finally {
      if (!ready) {
        connection.close();
      }
    }
  }

  private Connection connect() throws SQLException {
    Properties properties = new Properties();
    if (address.user() != null) {
      properties.setProperty("user", address.user());
    }
    if (address.password() != null) {
      properties.setProperty("password", address.password());
    }
    String connectSeconds = Long.toString(Math.max(1, address.connectTimeout().toSeconds()));
    properties.setProperty("connectTimeout", connectSeconds);
    properties.setProperty("loginTimeout", connectSeconds);
    properties.setProperty(
        "socketTimeout", Long.toString(address.loadTimeout().plus(MARGIN).toSeconds()));
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("ApplicationName", "millrace");
    // not through DriverManager, where PostgreSQL's driver may be the one that answers
    Connection connection = new com.amazon.redshift.Driver().connect(address.url(), properties);
    if (connection == null) {
      throw new SQLException("Amazon's driver does not take the URL " + address, "08001");
    }
    return connection;
  }

  private void create(Connection connection) throws SQLException {
    for (String creation : creations) {
      try {
        execute(connection, creation);
      } catch (SQLException e) {
        if (!EXISTS.contains(e.getSQLState())) {
          throw e;
        }
      }
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public String toString() {
    return address.toString();
  }
}
