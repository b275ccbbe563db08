package io.millrace.embedded.redshift;

import io.millrace.embedded.redshift.Wire.Message;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listens, and has a thread for each connection. */
final class Proxy implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Proxy.class);

  private static final int SSL_REQUEST = 80877103;
  private static final int GSS_REQUEST = 80877104;
  private static final int CANCEL_REQUEST = 80877102;
  private static final int MOST_WAITING = 128;
  private static final int JOIN_MILLIS = 5_000;

  private final ServerSocket listener;
  private final int postgresPort;
  private final SSLContext encryption;
  private final BiFunction<Wire, Wire, Session> sessions;
  private final Set<Closeable> open = ConcurrentHashMap.newKeySet();
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();
  private final Thread acceptor;
  private volatile boolean closed;

  /**
   * @param port 0 for a free one
   * @param encryption null if there is none
   * @param sessions makes one of a client and a server
   */
  Proxy(int port, int postgresPort, SSLContext encryption, BiFunction<Wire, Wire, Session> sessions)
      throws IOException {
    this.postgresPort = postgresPort;
    this.encryption = encryption;
    this.sessions = sessions;
    this.listener = new ServerSocket();
    listener.setReuseAddress(true);
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), MOST_WAITING);
    this.acceptor = new Thread(this::accept, "redshift-" + port() + "-accept");
    acceptor.setDaemon(true);
    acceptor.start();
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    while (!closed) {
      try {
        Socket socket = listener.accept();
        Thread thread =
            new Thread(
                () -> serve(socket),
                "redshift-" + port() + "-connection-" + connections.incrementAndGet());
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
      } catch (IOException e) {
        if (!closed) {
          LOG.warn("The proxy of the embedded Redshift takes no more connections", e);
        }
        return;
      }
    }
  }

  private void serve(Socket socket) {
    open.add(socket);
    try (socket;
        Wire plain = new Wire(socket)) {
      Wire client = plain;
      Message first = client.readStartup();
      int code = first.fields().int32();
      while (code == SSL_REQUEST || code == GSS_REQUEST) {
        if (code == SSL_REQUEST && encryption != null && client == plain) {
          client.answer('S');
          client = encrypted(socket);
        } else {
          client.answer('N');
        }
        first = client.readStartup();
        code = first.fields().int32();
      }
      Socket toServer = new Socket(InetAddress.getLoopbackAddress(), postgresPort);
      open.add(toServer);
      try (toServer;
          Wire server = new Wire(toServer)) {
        if (code == CANCEL_REQUEST) {
          server.write(first);
          server.flush();
          server.awaitEnd(JOIN_MILLIS);
        } else {
          sessions.apply(client, server).run(first);
        }
      } finally {
        open.remove(toServer);
      }
    } catch (IOException e) {
      LOG.debug("A connection to the embedded Redshift has ended", e);
    } catch (RuntimeException e) {
      LOG.warn("The embedded Redshift ends a connection", e);
    } finally {
      open.remove(socket);
      threads.remove(Thread.currentThread());
    }
  }

  /** The client has sent nothing behind its question, so nothing of it is in a buffer. */
  private Wire encrypted(Socket socket) throws IOException {
    SSLSocket encrypted =
        (SSLSocket)
            encryption
                .getSocketFactory()
                .createSocket(
                    socket, socket.getInetAddress().getHostAddress(), socket.getPort(), true);
    encrypted.setUseClientMode(false);
    encrypted.startHandshake();
    return new Wire(encrypted);
  }

  @Override
  public void close() throws IOException {
    closed = true;
    listener.close();
    for (Closeable socket : open) {
      socket.close();
    }
    try {
      acceptor.join(JOIN_MILLIS);
      for (Thread thread : threads) {
        thread.join(JOIN_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
