package io.millrace.childserver;

/** Somebody else listens where the server was to listen. */
public final class PortTakenException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  PortTakenException(String server, int port) {
    super(
        server
            + " cannot start: port "
            + port
            + " is taken; choose another one, or 0 for any free one.");
  }
}
