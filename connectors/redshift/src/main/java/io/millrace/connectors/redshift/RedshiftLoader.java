package io.millrace.connectors.redshift;

import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.exec.DaemonThreads;
import io.millrace.kcl.time.Clock;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadPoolExecutor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Exactly once rests on one thing: the row of the history and the rows of the table are written by
 * one transaction, which has looked for the row of the history behind a lock. The lock is the first
 * statement, since what a transaction sees is fixed by the first statement that reads; a lock taken
 * later would be waited for in vain, and two loaders would both find nothing (RedshiftLoaderIT
 * shows it).
 *
 * When the connection is lost, at whatever statement, nobody knows whether the transaction is
 * committed, will be, or was rolled back. Nothing is asked then: the connection is closed, and the
 * same transaction is run from its beginning. Its lock waits until the old one is over, whatever
 * became of it, and its look-up finds what the old one has committed.
 */
/**
 * Runs loads, each as one transaction on a connection of its own. JDBC blocks, so loads run on the
 * loader's own threads.
 */
final class RedshiftLoader implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RedshiftLoader.class);

  /** Of one transaction, before it is the pipeline's turn to wait and try again. */
  static final int ATTEMPTS = 3;

  private final Connector connector;
  private final Statements statements;
  private final LoadTarget target;
  private final CopyOptions options;
  private final FileRows fileRows;
  private final Clock clock;
  private final ThreadPoolExecutor executor;
  private final Set<Connection> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * @param threads loads at a time; those of one history wait for each other in the database
   * @param fileRows finds rows that COPY has dropped
   */
  RedshiftLoader(
      Connector connector,
      LoadTarget target,
      CopyOptions options,
      FileRows fileRows,
      Clock clock,
      int threads) {
    this.connector = connector;
    this.target = target;
    this.options = options;
    this.statements = new Statements(target, options);
    this.fileRows = fileRows;
    this.clock = clock;
    // bounded by the callers: a range a shard
    this.executor = DaemonThreads.pool("millrace-redshift", threads, Integer.MAX_VALUE);
  }

  /**
   * Loads what is not in the history yet: all of it, or nothing.
   *
   * @return fails with a {@link SinkException} if it is not known what has become of the load, or
   *     if nothing was loaded: the same ranges may be loaded again, from the same files or others
   */
  CompletionStage<LoadResult> load(Load load) {
    return CompletableFuture.supplyAsync(() -> loadBlocking(load), executor);
  }

  private LoadResult loadBlocking(Load load) {
    for (int attempt = 1; ; attempt++) {
      Transaction transaction = new Transaction(statements, target, options, fileRows, clock, load);
      try {
        return run(transaction);
      } catch (SQLException e) {
        SqlErrors.Kind kind = SqlErrors.kind(e);
        boolean again = kind == SqlErrors.Kind.CONNECTION_LOST || kind == SqlErrors.Kind.COLLISION;
        if (!again || attempt == ATTEMPTS || closed) {
          throw SqlErrors.translate(e, transaction.doing());
        }
        LOG.info(
            "Could not {} ({}); running the same transaction again",
            transaction.doing(),
            e.getMessage());
      }
    }
  }

  private LoadResult run(Transaction transaction) throws SQLException {
    Connection connection = connector.open();
    open.add(connection);
    try {
      if (closed) {
        throw SinkException.passing("The sink is closed", null);
      }
      return transaction.run(connection);
    } finally {
      open.remove(connection);
      closeQuietly(connection);
    }
  }

  /** What was not committed is rolled back by that. */
  private static void closeQuietly(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      // it was lost anyway
    }
  }

  /** Cuts what is under way. */
  @Override
  public void close() {
    closed = true;
    executor.shutdownNow();
    for (Connection connection : open) {
      try {
        connection.abort(Runnable::run);
      } catch (SQLException e) {
        // it was lost anyway
      }
    }
  }
}
