package io.millrace.connectors.contract;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** Stands before a service on this machine, and cuts and refuses connections while it is shut. */
public final class Gate implements AutoCloseable {

  private final URI service;
  private final ServerSocket server;
  private final List<Socket> sockets = new ArrayList<>();
  private boolean shut;

  public Gate(URI service) {
    this.service = service;
    try {
      this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start("gate-" + server.getLocalPort(), this::accept);
  }

  /** Where the service is to be reached through the gate. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort());
  }

  public synchronized void shut() {
    shut = true;
    sockets.forEach(Gate::closeQuietly);
    sockets.clear();
  }

  public synchronized void open() {
    shut = false;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        synchronized (this) {
          if (shut) {
            closeQuietly(client);
            continue;
          }
          Socket upstream = new Socket(service.getHost(), service.getPort());
          sockets.add(client);
          sockets.add(upstream);
          start("gate-out", () -> copy(client, upstream));
          start("gate-in", () -> copy(upstream, client));
        }
      } catch (IOException e) {
        // closed, or the service is gone; the next client finds out
      }
    }
  }

  private static void copy(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      in.transferTo(out);
    } catch (IOException e) {
      // cut
    }
    closeQuietly(from);
    closeQuietly(to);
  }

  private static void start(String name, Runnable body) {
    Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    thread.start();
  }

  private static void closeQuietly(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception e) {
      // it is gone either way
    }
  }

  @Override
  public void close() {
    closeQuietly(server);
    shut();
  }
}
