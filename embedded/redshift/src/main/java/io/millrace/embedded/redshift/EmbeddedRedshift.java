package io.millrace.embedded.redshift;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import javax.net.ssl.SSLContext;

/**
 * A stand-in for Redshift: PostgreSQL behind a small proxy that Amazon's own driver connects to.
 * {@code COPY} reads from the S3 endpoint that it is given, as Redshift does from S3: manifests,
 * CSV, JSON, Parquet, compressed or not, with {@code MAXERROR} and the load-error views. What
 * Redshift does not know is refused, keys are not enforced, transactions have snapshot isolation.
 * {@code docs/embedded-redshift.md} lists where it differs from the real one.
 *
 * <p>It listens on the loopback interface only, keeps its data in a temporary folder, and ends when
 * {@link #close()} is called and, however the caller's JVM ends, with it. Linux and macOS.
 *
 * <pre>{@code
 * try (EmbeddedRedshift redshift = EmbeddedRedshift.start(s3Endpoint)) {
 *   DriverManager.getConnection(redshift.jdbcUrl(), redshift.user(), redshift.password());
 * }
 * }</pre>
 *
 * <p>Safe for use by several threads.
 */
public final class EmbeddedRedshift implements AutoCloseable {
  private static final int TABLES_KEPT = 1_000;

  private final String user;
  private final String password;
  private final Postgres postgres;
  private final Proxy proxy;
  private final Thread hook;
  private final Faults faults = new Faults();
  private final Deque<CreatedTable> tables = new ArrayDeque<>();
  private boolean closed;

  private EmbeddedRedshift(Builder builder) throws IOException {
    this.user = builder.user;
    this.password = builder.password;
    this.postgres = Postgres.start(user, password, builder.slices);
    Proxy started = null;
    try {
      Copier copier =
          new Copier(
              new S3Objects(builder.s3Endpoint),
              new LoadErrors(postgres.loadErrors()),
              new AllowedAccess(builder.roles, builder.accessKeyIds));
      started =
          new Proxy(
              builder.port,
              postgres.port(),
              builder.encryption,
              (client, server) -> new Session(client, server, faults, copier, this::created));
    } finally {
      if (started == null) {
        postgres.close();
      }
    }
    this.proxy = started;
    this.hook = new Thread(this::end, "redshift-" + proxy.port() + "-shutdown");
  }

  /**
   * Starts it on a free port and returns once it answers; blocks for about two seconds, and for a
   * few more when PostgreSQL is unpacked for the first time.
   *
   * @param s3Endpoint where COPY reads, over plain HTTP and without signatures; not null
   * @return the running server; never null
   * @throws UncheckedIOException if it did not start
   */
  public static EmbeddedRedshift start(URI s3Endpoint) {
    return builder(s3Endpoint).start();
  }

  /**
   * For what is not as usual.
   *
   * @param s3Endpoint where COPY reads, over plain HTTP and without signatures; not null
   * @return a builder, never null
   */
  public static Builder builder(URI s3Endpoint) {
    return new Builder(s3Endpoint);
  }

  /** What can be chosen. For one thread. */
  public static final class Builder {
    private final URI s3Endpoint;
    private String user = "awsuser";
    private String password = "Awsuser1";
    private int port;
    private int slices = 2;
    private SSLContext encryption;
    private Set<String> roles = Set.of();
    private Set<String> accessKeyIds = Set.of();

    private Builder(URI s3Endpoint) {
      this.s3Endpoint = Objects.requireNonNull(s3Endpoint, "s3Endpoint");
    }

    /**
     * Who connects, {@code awsuser} unless said; others are made with CREATE USER.
     *
     * @param user a name in lower case, other than {@code postgres}
     * @param password not empty
     * @return this
     */
    public Builder user(String user, String password) {
      if (!user.matches("[a-z_][a-z0-9_]{0,62}") || user.equals(Postgres.SUPERUSER)) {
        throw new IllegalArgumentException(
            "user '"
                + user
                + "' is not allowed; allowed are lower-case letters, digits and underscores, and"
                + " not 'postgres'");
      }
      if (password.isEmpty()) {
        throw new IllegalArgumentException("the password of user '" + user + "' is empty");
      }
      this.user = user;
      this.password = password;
      return this;
    }

    /**
     * The port to listen on, a free one unless said.
     *
     * @param port 1 to 65535, or 0 for a free one
     * @return this
     */
    public Builder port(int port) {
      if (port < 0 || port > 65_535) {
        throw new IllegalArgumentException("port must be between 0 and 65535, but is " + port);
      }
      this.port = port;
      return this;
    }

    /**
     * How many slices {@code stv_slices} shows, 2 unless said. It changes nothing else.
     *
     * @param slices 1 or more
     * @return this
     */
    public Builder slices(int slices) {
      if (slices < 1) {
        throw new IllegalArgumentException("slices must be 1 or more, but is " + slices);
      }
      this.slices = slices;
      return this;
    }

    /**
     * Offers encryption to clients that ask for it; there is none unless said. Amazon's driver
     * insists on it when it logs in with IAM, and verifies certificate and name.
     *
     * @param context with the server's key and certificate, which names 127.0.0.1
     * @return this
     */
    public Builder encryption(SSLContext context) {
      this.encryption = Objects.requireNonNull(context, "context");
      return this;
    }

    /**
     * The IAM roles that COPY may use; any unless said.
     *
     * @param arns ARNs, and {@code default} if a COPY may say that
     * @return this
     */
    public Builder iamRoles(String... arns) {
      this.roles = Set.of(arns);
      return this;
    }

    /**
     * The access keys that COPY may use; any unless said.
     *
     * @param ids of access keys
     * @return this
     */
    public Builder accessKeyIds(String... ids) {
      this.accessKeyIds = Set.of(ids);
      return this;
    }

    /**
     * Starts it; see {@link EmbeddedRedshift#start(URI)}.
     *
     * @return the running server; never null
     * @throws UncheckedIOException if it did not start, for example because the port is taken
     */
    public EmbeddedRedshift start() {
      try {
        EmbeddedRedshift started = new EmbeddedRedshift(this);
        Runtime.getRuntime().addShutdownHook(started.hook);
        return started;
      } catch (IOException e) {
        throw new UncheckedIOException(
            "The embedded Redshift could not be started"
                + (port == 0 ? "" : " on port " + port)
                + ": "
                + e.getMessage(),
            e);
      }
    }
  }

  /**
   * Where Amazon's driver connects, without encryption: the driver asks for it unless it is told
   * not to.
   *
   * @return {@code jdbc:redshift://127.0.0.1:PORT/dev?ssl=false}, never null
   */
  public String jdbcUrl() {
    return "jdbc:redshift://127.0.0.1:" + proxy.port() + "/" + Postgres.DATABASE + "?ssl=false";
  }

  /**
   * The database itself, for PostgreSQL's driver: to look at what was stored, past the proxy and
   * its faults, with all rights.
   *
   * @return a URL that holds the user, never null
   */
  public String postgresUrl() {
    return "jdbc:postgresql://127.0.0.1:"
        + postgres.port()
        + "/"
        + Postgres.DATABASE
        + "?user="
        + Postgres.SUPERUSER;
  }

  /**
   * Who owns the database.
   *
   * @return {@code awsuser} unless said otherwise; never null
   */
  public String user() {
    return user;
  }

  /**
   * The user's password.
   *
   * @return never null
   */
  public String password() {
    return password;
  }

  /**
   * Test hooks: cut, hold and refuse.
   *
   * @return of this server, never null
   */
  public Faults faults() {
    return faults;
  }

  /**
   * What CREATE TABLE said about distribution, sort keys, encodings and keys, the oldest table
   * first; the last thousand.
   *
   * @return a copy, never null
   */
  public List<CreatedTable> createdTables() {
    synchronized (tables) {
      return List.copyOf(tables);
    }
  }

  private void created(CreatedTable table) {
    synchronized (tables) {
      if (tables.size() == TABLES_KEPT) {
        tables.removeFirst();
      }
      tables.addLast(table);
    }
  }

  /** For tests that look whether everything ends. */
  Postgres postgres() {
    return postgres;
  }

  /** Ends connections and PostgreSQL; the data is gone. Calling it again does nothing. */
  @Override
  public void close() {
    end();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // the JVM is already shutting down; the hook does the same as this method
    }
  }

  private synchronized void end() {
    if (closed) {
      return;
    }
    closed = true;
    faults.clear();
    try {
      try (postgres) {
        proxy.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("The embedded Redshift did not end properly", e);
    }
  }
}
