package io.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.chaos.TcpProxy.Flow;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TcpProxyTest {

  private static final int PATIENCE_MILLIS = 20_000;

  /** Long enough to see that nothing comes, if nothing comes. */
  private static final int MOMENT_MILLIS = 150;

  private final Echo echo = new Echo();
  private TcpProxy proxy;

  @BeforeEach
  void start() throws IOException {
    proxy = new TcpProxy("test", echo.uri());
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    echo.close();
  }

  @Test
  void bytes_pass_in_both_directions_and_so_does_the_end() throws IOException {
    try (Socket client = connect()) {
      say(client, "hello");
      assertThat(hear(client, 5)).isEqualTo("hello");
      client.shutdownOutput();
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void a_piece_of_many_buffers_arrives_unchanged() throws IOException {
    String much = "0123456789".repeat(50_000);
    try (Socket client = connect()) {
      Thread talker = new Thread(() -> sayUnchecked(client, much), "talker");
      talker.start();
      assertThat(hear(client, much.length())).isEqualTo(much);
    }
  }

  @Test
  void a_cut_resets_open_connections_and_lets_new_ones_in() throws IOException {
    try (Socket client = connect();
        Socket other = connect()) {
      say(client, "x");
      hear(client, 1);
      say(other, "x");
      hear(other, 1);
      proxy.cut();
      assertThatThrownBy(() -> hear(client, 1)).isInstanceOf(SocketException.class);
      assertThatThrownBy(() -> hear(other, 1)).isInstanceOf(SocketException.class);
    }
    try (Socket client = connect()) {
      say(client, "again");
      assertThat(hear(client, 5)).isEqualTo("again");
    }
  }

  @Test
  void while_it_refuses_nobody_connects_and_open_connections_stay() throws IOException {
    try (Socket open = connect()) {
      say(open, "x");
      hear(open, 1);
      proxy.refuse();
      assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
      say(open, "y");
      assertThat(hear(open, 1)).isEqualTo("y");
    }
    proxy.heal();
    try (Socket client = connect()) {
      say(client, "z");
      assertThat(hear(client, 1)).isEqualTo("z");
    }
  }

  @Test
  void requests_that_are_held_take_effect_when_they_are_let_go_even_if_the_caller_has_left()
      throws IOException {
    proxy.requests(Flow.HOLD);
    try (Socket client = connect()) {
      say(client, "late");
      assertNothingComes(client);
    }
    assertThat(echo.heard()).isEmpty();
    proxy.heal();
    await().until(() -> echo.heard().equals("late"));
  }

  @Test
  void answers_that_are_held_arrive_when_they_are_let_go() throws IOException {
    proxy.answers(Flow.HOLD);
    try (Socket client = connect()) {
      say(client, "late");
      await().until(() -> echo.heard().equals("late"));
      assertNothingComes(client);
      proxy.heal();
      assertThat(hear(client, 4)).isEqualTo("late");
    }
  }

  @Test
  void requests_that_are_lost_never_take_effect_and_the_connection_is_reset_later()
      throws IOException {
    proxy.requests(Flow.LOSE);
    try (Socket client = connect()) {
      say(client, "gone");
      assertNothingComes(client);
      proxy.heal();
      assertThatThrownBy(() -> hear(client, 1)).isInstanceOf(SocketException.class);
    }
    assertThat(echo.heard()).isEmpty();
  }

  @Test
  void answers_that_are_lost_belong_to_requests_that_took_effect() throws IOException {
    proxy.answers(Flow.LOSE);
    try (Socket client = connect()) {
      say(client, "ambiguous");
      await().until(() -> echo.heard().equals("ambiguous"));
      assertNothingComes(client);
      proxy.heal();
      assertThatThrownBy(() -> hear(client, 1)).isInstanceOf(SocketException.class);
    }
  }

  @Test
  void delays_add_up_over_both_directions() throws IOException {
    try (Socket client = connect()) {
      proxy.requests(new Flow.Delay(Duration.ofMillis(60)));
      proxy.answers(new Flow.Delay(Duration.ofMillis(70)));
      long from = System.nanoTime();
      say(client, "slow");
      assertThat(hear(client, 4)).isEqualTo("slow");
      // at least, whatever else the machine does
      assertThat(System.nanoTime() - from).isGreaterThanOrEqualTo(130_000_000L);
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.endpoint().getPort());
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }

  private static void say(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static void sayUnchecked(Socket socket, String text) {
    try {
      say(socket, text);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String hear(Socket socket, int bytes) throws IOException {
    byte[] heard = socket.getInputStream().readNBytes(bytes);
    return new String(heard, StandardCharsets.US_ASCII);
  }

  private static void assertNothingComes(Socket socket) throws IOException {
    socket.setSoTimeout(MOMENT_MILLIS);
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    socket.setSoTimeout(PATIENCE_MILLIS);
  }

  /** Says what it is told, and remembers it. */
  private static final class Echo implements AutoCloseable {
    private final ServerSocket server;
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream();

    Echo() {
      try {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
      daemon(
          () -> {
            try {
              while (true) {
                Socket client = server.accept();
                daemon(() -> echo(client));
              }
            } catch (IOException e) {
              // closed
            }
          });
    }

    private void echo(Socket client) {
      byte[] bytes = new byte[1024];
      try (client) {
        InputStream in = client.getInputStream();
        for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
          synchronized (heard) {
            heard.write(bytes, 0, n);
          }
          client.getOutputStream().write(bytes, 0, n);
        }
      } catch (IOException e) {
        // the other end is gone
      }
    }

    URI uri() {
      return URI.create("http://127.0.0.1:" + server.getLocalPort());
    }

    String heard() {
      synchronized (heard) {
        return heard.toString(StandardCharsets.US_ASCII);
      }
    }

    private static void daemon(Runnable body) {
      Thread thread = new Thread(body, "echo");
      thread.setDaemon(true);
      thread.start();
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }
}
