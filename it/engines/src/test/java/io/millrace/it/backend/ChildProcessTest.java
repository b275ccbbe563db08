package io.millrace.it.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class ChildProcessTest {

  @Test
  void a_server_that_does_not_look_after_itself_ends_with_its_pipe() throws Exception {
    ChildProcess child =
        ChildProcess.server("sleeper", new ProcessBuilder("sh", "-c", "echo $$; exec sleep 600"));
    try (child) {
      await().until(() -> child.lastOutput().matches("\\d+"));
      assertThat(child.isAlive()).isTrue();
    }
    Optional<ProcessHandle> sleep = ProcessHandle.of(Long.parseLong(child.lastOutput()));
    await().until(() -> sleep.isEmpty() || !sleep.get().isAlive());
    assertThat(child.isAlive()).isFalse();
  }

  @Test
  void a_server_that_ends_by_itself_is_seen_to() throws Exception {
    try (ChildProcess child =
        ChildProcess.server("short", new ProcessBuilder("sh", "-c", "echo gone; exit 3"))) {
      await().until(() -> !child.isAlive());
      await().until(() -> child.lastOutput().equals("gone"));
    }
  }

  @Test
  void a_command_that_is_not_there_is_refused() {
    assertThatThrownBy(() -> ChildProcess.server("none", new ProcessBuilder("no-such-server")))
        .hasMessage("there is no executable no-such-server");
    assertThatThrownBy(() -> ChildProcess.server("none", new ProcessBuilder("/no/such/server")))
        .hasMessage("there is no executable /no/such/server");
  }
}
