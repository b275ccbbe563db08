package io.millrace.chaos;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/*
 * Two blocking threads a connection, one for each direction: a worker has a handful of connections.
 * A direction reads a piece (whatever has arrived, 64 KiB at most), then waits as long as the
 * direction's flow says, then writes it. So a delay holds back what comes behind as well: the link
 * becomes narrower, not only longer.
 *
 * What a direction has lost makes the connection useless for both ends; it is reset when the
 * direction passes again, as a network would sooner or later.
 */

/**
 * Stands between one client and one server on this machine and makes trouble. Safe for use by
 * several threads.
 */
final class TcpProxy implements AutoCloseable {

  /** What happens to the bytes of one direction. */
  sealed interface Flow {
    /** They pass. */
    Flow PASS = new Delay(Duration.ZERO);

    /** They wait, and pass when the flow changes. */
    Flow HOLD = new Hold();

    /** They vanish. */
    Flow LOSE = new Lose();

    record Delay(Duration by) implements Flow {}

    record Hold() implements Flow {}

    record Lose() implements Flow {}
  }

  private static final int PIECE_BYTES = 64 * 1024;
  private static final Duration PATIENCE_FOR_THE_PORT = Duration.ofSeconds(10);

  private final String name;
  private final InetSocketAddress target;
  private final int port;
  private final AtomicLong connections = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // guarded by lock
  private final Set<Connection> open = new LinkedHashSet<>();
  private Flow requests = Flow.PASS;
  private Flow answers = Flow.PASS;
  private ServerSocket server;
  private Thread accepting;
  private boolean closed;

  /** Listens on a free port of the loopback interface. */
  TcpProxy(String name, URI target) throws IOException {
    this.name = name;
    this.target = new InetSocketAddress(target.getHost(), target.getPort());
    this.server = listen(0);
    this.port = server.getLocalPort();
    accept(server);
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** What happens to bytes on their way to the server, from now on, in open connections too. */
  void requests(Flow flow) {
    change(flow, null);
  }

  /** What happens to bytes on their way to the client, from now on, in open connections too. */
  void answers(Flow flow) {
    change(null, flow);
  }

  private void change(Flow newRequests, Flow newAnswers) {
    lock.lock();
    try {
      requests = newRequests == null ? requests : newRequests;
      answers = newAnswers == null ? answers : newAnswers;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Resets every open connection. */
  void cut() {
    for (Connection connection : openConnections()) {
      connection.reset();
    }
  }

  /** Closes the port: whoever connects is refused. Open connections stay. */
  void refuse() throws IOException {
    Thread thread;
    lock.lock();
    try {
      server.close();
      thread = accepting;
    } finally {
      lock.unlock();
    }
    try {
      // as long as it is still in its call, the port is open
      thread.join(PATIENCE_FOR_THE_PORT.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Opens the port again, and lets everything pass. Does nothing if that is how it is. */
  void heal() throws IOException {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      if (server.isClosed()) {
        server = listenAgain();
        accept(server);
      }
      requests = Flow.PASS;
      answers = Flow.PASS;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      closed = true;
      server.close();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    cut();
  }

  private List<Connection> openConnections() {
    lock.lock();
    try {
      return new ArrayList<>(open);
    } finally {
      lock.unlock();
    }
  }

  private static ServerSocket listen(int port) throws IOException {
    ServerSocket socket = new ServerSocket();
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    return socket;
  }

  /** Somebody's outgoing connection may have been given our port for a moment. */
  private ServerSocket listenAgain() throws IOException {
    long until = System.nanoTime() + PATIENCE_FOR_THE_PORT.toNanos();
    while (true) {
      try {
        return listen(port);
      } catch (IOException e) {
        if (System.nanoTime() > until) {
          throw new IOException("Proxy " + name + " cannot open its port " + port + " again", e);
        }
        try {
          changed.awaitNanos(50_000_000);
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
          throw e;
        }
      }
    }
  }

  private void accept(ServerSocket from) {
    accepting =
        thread(
            name + "-accept",
            () -> {
              try {
                while (true) {
                  connect(from.accept());
                }
              } catch (IOException e) {
                // the port was closed
              }
            });
  }

  private void connect(Socket client) {
    Socket toServer = new Socket();
    try {
      client.setTcpNoDelay(true);
      toServer.setTcpNoDelay(true);
      toServer.connect(target, 3_000);
    } catch (IOException e) {
      close(client);
      close(toServer);
      return;
    }
    Connection connection = new Connection(client, toServer);
    lock.lock();
    try {
      open.add(connection);
    } finally {
      lock.unlock();
    }
    String number = name + "-" + connections.incrementAndGet();
    thread(number + "-requests", () -> connection.pump(client, toServer, true));
    thread(number + "-answers", () -> connection.pump(toServer, client, false));
  }

  private static Thread thread(String name, Runnable body) {
    Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // it is of no use any more, which is all that is wanted
    }
  }

  private final class Connection {
    private final Socket client;
    private final Socket toServer;

    // guarded by lock
    private int ends;

    Connection(Socket client, Socket toServer) {
      this.client = client;
      this.toServer = toServer;
    }

    void pump(Socket from, Socket to, boolean isRequests) {
      byte[] piece = new byte[PIECE_BYTES];
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
          if (!mayPass(isRequests)) {
            reset();
            return;
          }
          out.write(piece, 0, count);
        }
        // what one end has to say is said; the other may go on
        to.shutdownOutput();
      } catch (IOException e) {
        reset();
      } finally {
        ended();
      }
    }

    /** Waits as long as the flow says; false if the piece has got lost. */
    private boolean mayPass(boolean isRequests) {
      long arrived = System.nanoTime();
      boolean lost = false;
      lock.lock();
      try {
        while (!closed) {
          Flow flow = isRequests ? requests : answers;
          if (flow instanceof Flow.Delay delay) {
            if (lost) {
              return false;
            }
            long left = arrived + delay.by().toNanos() - System.nanoTime();
            if (left <= 0) {
              return true;
            }
            changed.awaitNanos(left);
          } else {
            lost |= flow instanceof Flow.Lose;
            changed.await();
          }
        }
        return false;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      } finally {
        lock.unlock();
      }
    }

    /** Both ends get a reset, not an orderly end. */
    void reset() {
      for (Socket socket : new Socket[] {client, toServer}) {
        try {
          socket.setSoLinger(true, 0);
        } catch (IOException e) {
          // closed already
        }
        TcpProxy.close(socket);
      }
    }

    private void ended() {
      lock.lock();
      try {
        ends++;
        if (ends < 2) {
          return;
        }
        open.remove(this);
      } finally {
        lock.unlock();
      }
      TcpProxy.close(client);
      TcpProxy.close(toServer);
    }
  }
}
