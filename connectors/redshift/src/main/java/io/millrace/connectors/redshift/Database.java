package io.millrace.connectors.redshift;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.core.exception.SdkException;

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
   * @param connectTimeout for a connection with its handshake, and with IAM the calls to AWS
   * @param loadTimeout for each statement
   */
  record Address(String url, Login login, Duration connectTimeout, Duration loadTimeout) {
    /** No secret, not even one in the URL. */
    @Override
    public String toString() {
      return withoutParameters(url);
    }
  }

  /**
   * Who connects.
   *
   * @param user null if the URL or IAM says it; with IAM the one whose password AWS is asked for
   * @param password null if IAM is asked for one
   * @param credentials with which AWS is asked for a password, unless the URL says others; null for
   *     those that the driver finds itself
   * @param region where AWS is asked, unless host or URL say it; null for the one that the driver
   *     finds itself
   */
  record Login(String user, String password, AwsCredentialsProvider credentials, String region) {
    static Login of(String user, String password) {
      return new Login(user, password, null, null);
    }

    @Override
    public String toString() {
      return user == null ? "a user that IAM says" : user;
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
    if (redshift.matches(
        "(?i).*[?&;](password|pwd|secretaccesskey|sessiontoken|webidentitytoken|token|client_secret)=.*")) {
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
    Login login = address.login();
    if (login.user() != null) {
      properties.setProperty("user", login.user());
    }
    if (login.password() != null) {
      properties.setProperty("password", login.password());
    }
    if (IamUrl.parse(address.url()).isPresent()) {
      sayWithWhatToAskAws(IamUrl.parse(address.url()).get(), login, properties);
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

  /**
   * The driver keeps what AWS has given it until a minute before it expires, by these credentials
   * among others, and never forgets an entry: some kilobytes for every time that they change.
   */
  private void sayWithWhatToAskAws(IamUrl url, Login login, Properties properties)
      throws SQLException {
    if (url.leavesRegion() && login.region() != null) {
      properties.setProperty("region", login.region());
    }
    if (!url.leavesCredentials() || login.credentials() == null) {
      return;
    }
    AwsCredentials credentials;
    try {
      credentials = login.credentials().resolveCredentials();
    } catch (SdkException e) {
      throw new SQLException("There are no AWS credentials to log in with: " + e.getMessage(), e);
    }
    properties.setProperty("accesskeyid", credentials.accessKeyId());
    properties.setProperty("secretaccesskey", credentials.secretAccessKey());
    if (credentials instanceof AwsSessionCredentials temporary) {
      properties.setProperty("sessiontoken", temporary.sessionToken());
    }
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
