package io.millrace.connectors.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between a client and S3Mock and does harm to the next requests that begin in a given way:
 * cuts the connection when the server has answered, so that the request took effect and nobody
 * knows it, or answers itself with an error.
 */
final class FaultProxy implements AutoCloseable {

  /** What happens; a status of 0 cuts the answer. */
  private record Fault(String requestLine, int status, String code) {}

  private final URI server;
  private final ServerSocket listener;
  private final Deque<Fault> faults = new ArrayDeque<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger done = new AtomicInteger();

  FaultProxy(URI server) {
    this.server = server;
    try {
      listener = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start("fault-proxy", this::accept);
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  /** The next request that begins so takes effect, and is not answered. */
  void cutAnswerOf(String requestLine) {
    add(new Fault(requestLine, 0, ""));
  }

  /** The next request that begins so gets an error, and has no effect. */
  void refuse(String requestLine, int status, String code) {
    add(new Fault(requestLine, status, code));
  }

  private void add(Fault fault) {
    synchronized (faults) {
      faults.add(fault);
    }
  }

  /** How many faults have struck. */
  int struck() {
    return done.get();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        open.add(client);
        start("fault-proxy-in", () -> serve(client));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void serve(Socket client) {
    try (Socket socket = client;
        Socket upstream = new Socket(server.getHost(), server.getPort())) {
      open.add(upstream);
      AtomicInteger cut = new AtomicInteger();
      start("fault-proxy-out", () -> answer(upstream, socket, cut));
      InputStream in = socket.getInputStream();
      OutputStream out = upstream.getOutputStream();
      byte[] buffer = new byte[16 << 10];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        Fault fault = next(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
        if (fault != null && fault.status() != 0) {
          refuse(socket, fault);
          return;
        }
        if (fault != null) {
          cut.set(1);
        }
        out.write(buffer, 0, n);
        out.flush();
      }
    } catch (IOException e) {
      // one of them has closed the connection
    }
  }

  private Fault next(String read) {
    synchronized (faults) {
      for (Fault fault : faults) {
        if (read.startsWith(fault.requestLine())) {
          faults.remove(fault);
          done.incrementAndGet();
          return fault;
        }
      }
      return null;
    }
  }

  private static void refuse(Socket socket, Fault fault) throws IOException {
    String body = "<Error><Code>" + fault.code() + "</Code><Message>planted</Message></Error>";
    String head =
        "HTTP/1.1 "
            + fault.status()
            + " Planted\r\nContent-Type: application/xml\r\nConnection: close\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n";
    socket.getOutputStream().write((head + body).getBytes(StandardCharsets.ISO_8859_1));
    socket.shutdownOutput();
    byte[] rest = new byte[16 << 10];
    int n = 0;
    while (n >= 0) {
      n = socket.getInputStream().read(rest);
    }
  }

  private static void answer(Socket upstream, Socket client, AtomicInteger cut) {
    try {
      InputStream in = upstream.getInputStream();
      byte[] buffer = new byte[16 << 10];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        String read = new String(buffer, 0, n, StandardCharsets.ISO_8859_1);
        if (cut.get() == 1 && !read.startsWith("HTTP/1.1 100")) {
          client.close();
          upstream.close();
          return;
        }
        client.getOutputStream().write(buffer, 0, n);
        client.getOutputStream().flush();
      }
      client.close();
    } catch (IOException e) {
      // one of them has closed the connection
    }
  }

  private static void start(String name, Runnable run) {
    Thread thread = new Thread(run, name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
