package io.millrace.connectors.redshift;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the cluster once how many slices it has. */
final class Slices implements IntSupplier {
  private static final Logger LOG = LoggerFactory.getLogger(Slices.class);

  /** Where it cannot be known: what the smallest cluster of two nodes has. */
  private static final int ASSUMED = 4;

  private final RedshiftSinkBuilder settings;
  private int known;
  private String trouble;

  Slices(RedshiftSinkBuilder settings) {
    this.settings = settings;
  }

  /** Why they could not be counted; empty if they were. */
  synchronized Optional<String> trouble() {
    return Optional.ofNullable(trouble);
  }

  @Override
  public synchronized int getAsInt() {
    if (known > 0) {
      return known;
    }
    try (Connection connection = new Database(settings.address(), List.of()).open();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SELECT COUNT(*) FROM stv_slices")) {
      result.next();
      if (result.getInt(1) < 1) {
        throw new SQLException("stv_slices has no row that this user may see");
      }
      known = result.getInt(1);
    } catch (SQLException e) {
      if (SqlErrors.kind(e) == SqlErrors.Kind.CONNECTION_LOST) {
        return ASSUMED; // for this time
      }
      known = ASSUMED;
      trouble = String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given");
      LOG.info(
          "The slices of the cluster cannot be counted ({}); assuming {}. sink.slices says how many"
              + " there are",
          trouble,
          known);
    }
    return known;
  }
}
