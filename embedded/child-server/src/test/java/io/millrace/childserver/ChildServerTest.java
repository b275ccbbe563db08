package io.millrace.childserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildServerTest {

  @TempDir Path directory;

  @Test
  void it_listens_where_it_says_and_its_process_and_folder_are_gone_after_close() throws Exception {
    Path folder = Files.createDirectory(directory.resolve("folder"));
    Files.writeString(folder.resolve("file"), "content");
    ProcessHandle child;
    try (ChildServer server = server().folder(folder).start(0, List.of("0"))) {
      child = ProcessHandle.of(server.pid()).orElseThrow();
      try (Socket socket = new Socket("127.0.0.1", server.port())) {
        assertThat(socket.isConnected()).isTrue();
      }
    }
    assertThat(child.isAlive()).isFalse();
    assertThat(folder).doesNotExist();
  }

  @Test
  void a_taken_port_is_said_in_one_sentence() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      int port = taken.getLocalPort();
      assertThatThrownBy(() -> server().start(port, List.of(Integer.toString(port))))
          .isInstanceOf(PortTakenException.class)
          .hasMessage(
              "Test server cannot start: port %d is taken; choose another one, or 0 for any free"
                  + " one.",
              port);
    }
  }

  @Test
  void a_port_that_is_taken_while_it_starts_is_said_too() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      int free = ChildServer.freePort();
      // the child tries another port than the one that was free when it was looked at
      assertThatThrownBy(
              () -> server().start(free, List.of(Integer.toString(taken.getLocalPort()))))
          .isInstanceOf(PortTakenException.class);
    }
  }

  @Test
  void a_port_outside_the_range_is_refused() {
    assertThatThrownBy(() -> server().start(70_000, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("70000");
  }

  @Test
  void a_server_that_does_not_start_leaves_its_last_words() {
    assertThatThrownBy(() -> server().start(0, List.of("not a port")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("Test server ended while it was starting; its last lines:")
        .hasMessageContaining("not a port");
  }

  @Test
  void the_child_ends_when_its_parent_is_killed() throws Exception {
    Process parent =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ParentMain.class.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    long pid;
    try (var lines = parent.inputReader()) {
      pid = Long.parseLong(lines.readLine());
    } finally {
      parent.destroyForcibly();
    }

    ProcessHandle.of(pid).ifPresent(child -> child.onExit().orTimeout(30, TimeUnit.SECONDS).join());

    assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
  }

  private static ChildServer.Builder server() {
    return ChildServer.builder("Test server", TestMain.class).jvmOption("-Xmx32m");
  }

  /** The child. */
  static final class TestMain {
    public static void main(String[] args) {
      Child.run(
          false,
          () -> {
            ServerSocket socket =
                new ServerSocket(Integer.parseInt(args[0]), 1, InetAddress.getByName("127.0.0.1"));
            Thread listener = new Thread(() -> accept(socket), "listener");
            listener.start();
            return socket.getLocalPort();
          });
    }

    private static void accept(ServerSocket socket) {
      try (socket) {
        while (true) {
          socket.accept().close();
        }
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }

  /** Starts the server, prints its process id, and waits to be killed. */
  static final class ParentMain {
    public static void main(String[] args) throws Exception {
      ChildServer server = server().start(0, List.of("0"));
      System.out.println(server.pid());
      System.out.flush();
      int ignored = System.in.read();
      System.exit(ignored);
    }
  }
}
