package io.millrace.connectors.redshift;

import java.sql.Connection;
import java.sql.SQLException;

/** Opens connections to the database, one for each load. */
@FunctionalInterface
interface Connector {
  /** A new connection, with autocommit on. Blocks, but not for ever. */
  Connection open() throws SQLException;
}
