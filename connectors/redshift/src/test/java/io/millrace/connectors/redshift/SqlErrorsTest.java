package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connectors.redshift.SqlErrors.Kind;
import io.millrace.connectors.sink.SinkException;
import java.net.SocketTimeoutException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlErrorsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "08006 | An I/O error occurred while sending to the backend. | CONNECTION_LOST",
        "08001 | Connection refused | CONNECTION_LOST",
        "57P01 | terminating connection due to administrator command | CONNECTION_LOST",
        "57P03 | the database system is starting up | CONNECTION_LOST",
        "25P03 | terminating connection due to idle-in-transaction timeout | CONNECTION_LOST",
        "       | This connection has been closed. | CONNECTION_LOST",
        "40001 | could not serialize access due to concurrent update | COLLISION",
        "40P01 | deadlock detected | COLLISION",
        "XX000 | ERROR: 1023 DETAIL: Serializable isolation violation on table - 1 | COLLISION",
        "57014 | canceling statement due to statement timeout | PASSING",
        "53100 | Disk Full | PASSING",
        "55P03 | could not obtain lock on relation | PASSING",
        "XX000 | Query (12) cancelled on user's request | PASSING",
        "XX000 | S3ServiceException:Please reduce your request rate.,Status 503 | PASSING",
        "XX000 | S3ServiceException:Access Denied,Status 403,Error AccessDenied | NEEDS_SOMEBODY",
        "XX000 | S3ServiceException:no bucket,Status 404,Error NoSuchBucket | NEEDS_SOMEBODY",
        "XX000 | Load into table 'c' failed.  Check 'stl_load_errors' for details | NEEDS_SOMEBODY",
        "28000 | password authentication failed for user \"u\" | NEEDS_SOMEBODY",
        "3D000 | database \"x\" does not exist | NEEDS_SOMEBODY",
        "42P01 | relation \"x\" does not exist | NEEDS_SOMEBODY",
        "42703 | column \"x\" does not exist | NEEDS_SOMEBODY",
        "42501 | permission denied for relation x | NEEDS_SOMEBODY",
        "23502 | null value in column \"x\" | NEEDS_SOMEBODY",
        "22001 | value too long for type character varying(3) | NEEDS_SOMEBODY",
        "0A000 | not supported | NEEDS_SOMEBODY"
      })
  void the_state_says_what_is_to_be_done(String state, String message, Kind kind) {
    assertThat(SqlErrors.kind(new SQLException(message, state))).isEqualTo(kind);
  }

  @Test
  void a_timeout_of_the_socket_is_a_lost_connection_whatever_the_state() {
    assertThat(
            SqlErrors.kind(
                new SQLException("failed", "HY000", new SocketTimeoutException("Read timed out"))))
        .isEqualTo(Kind.CONNECTION_LOST);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "28000 | no | look at user, password and url",
        "3D000 | no | look at the end of url",
        "3F000 | no | there is no such schema",
        "42P01 | no | createTable: true",
        "42703 | no | look at columns",
        "42501 | permission denied | the user lacks a right",
        "23502 | no | write 'required' behind it in columns",
        "22001 | no | maxErrors makes dead letters",
        "XX000 | Check 'stl_load_errors' | maxErrors makes dead letters",
        "XX000 | Access Denied | look at iamRole",
        "42601 | no | the options of COPY"
      })
  void a_message_says_what_to_do(String state, String message, String advice) {
    SinkException said =
        SqlErrors.translate(new SQLException(message, state), "load x into t (commit)");
    assertThat(said.needsSomebody()).isTrue();
    assertThat(said)
        .hasMessageStartingWith("Could not load x into t (commit): " + state)
        .hasMessageContaining(advice);
  }

  @Test
  void what_passes_is_not_said_loudly() {
    assertThat(SqlErrors.translate(new SQLException("gone", "08006"), "commit").needsSomebody())
        .isFalse();
  }
}
