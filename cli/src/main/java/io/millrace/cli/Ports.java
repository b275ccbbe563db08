package io.millrace.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Whether a port can be had, found out before a server fails on it with a trace. */
final class Ports {

  private Ports() {}

  /**
   * @param port 0 is always free
   * @throws UserError if it is taken
   */
  static void requireFree(String option, int port) {
    if (port == 0) {
      return;
    }
    // on all interfaces and on loopback: a server on either one is in the way
    for (InetAddress address : new InetAddress[] {null, InetAddress.getLoopbackAddress()}) {
      try (ServerSocket probe = new ServerSocket()) {
        probe.setReuseAddress(true);
        probe.bind(
            address == null ? new InetSocketAddress(port) : new InetSocketAddress(address, port));
      } catch (IOException e) {
        throw new UserError(
            "Port "
                + port
                + " cannot be used ("
                + e.getMessage()
                + "): end what uses it, or choose another one with "
                + option
                + ".",
            e);
      }
    }
  }
}
