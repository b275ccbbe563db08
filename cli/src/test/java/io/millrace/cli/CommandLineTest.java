package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class CommandLineTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          demo --shards 0 | --shards: '0' is not allowed; allowed: 1 to 100
          demo --shards 101 | --shards: '101' is not allowed; allowed: 1 to 100
          demo --rate 10001 | --rate: '10001' is not allowed; allowed: 0 to 10000
          demo --rate fast | Invalid value for option '--rate': 'fast' is not allowed; allowed: a whole number
          demo --workers 17 | --workers: '17' is not allowed; allowed: 1 to 16
          demo --workers 1 --kill-after 5 | --workers: '1' is not allowed; allowed: 2 to 16: one must be left after --kill-after and --stop-after
          demo --kill-after 5 --stop-after 9 | --workers: '2' is not allowed; allowed: 3 to 16: one must be left after --kill-after and --stop-after
          demo --seconds 0 | --seconds: '0' is not allowed; allowed: 1 to 86400
          demo --seconds 20 --split-after 20 | --split-after: '20' is not allowed; allowed: 1 to 19, which is before --seconds
          demo --merge-after 0 | --merge-after: '0' is not allowed; allowed: 1 to 86400
          demo --port 65536 | --port: '65536' is not allowed; allowed: 0 to 65535
          local --kinesis-port -1 | --kinesis-port: '-1' is not allowed; allowed: 0 to 65535
          local --kinesis-port 8000 | --dynamodb-port: '8000' is not allowed; allowed: any port but that of --kinesis-port
          local --stream clicks | --stream: 'clicks' is not allowed; allowed: NAME:SHARDS
          local --stream clicks:0 | --stream: 'clicks:0' is not allowed; allowed: NAME:SHARDS
          local --stream a:1 --stream a:2 | --stream: 'a:2' is not allowed; allowed: each name once
          referrers reader | PART: 'reader' is not allowed; allowed: writer, counter, page, delete
          run a.yaml --data b | --data: 'b' is not allowed without --local
          run a.yaml --foreign-owner-watch 500ms | --foreign-owner-watch: '500ms' is not allowed; allowed: a time such as 500 ms, 30 s, 5 m or 1 h, from 1 s to 1 h
          run a.yaml --foreign-owner-watch 5s --takeover | --foreign-owner-watch is not allowed with --takeover, which does not wait
          run a.yaml --foreign-owner-watch 5s --local | --foreign-owner-watch is not allowed with --local, whose table is new
          run none.yaml | none.yaml: the file cannot be read: it does not exist
          dmeo | Unmatched argument at index 0: 'dmeo'
          """)
  void a_bad_value_is_refused_with_option_value_and_what_is_allowed(String line, String sentence) {
    assertThat(execute(line.split(" "))).isEqualTo(2);
    assertThat(err.toString()).startsWith(sentence).doesNotContain("Exception");
    assertThat(out.toString()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"local --kinesis-port PORT, --kinesis-port", "demo --port PORT, --port"})
  void a_taken_port_is_one_sentence_that_names_the_option(String line, String option)
      throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();

      assertThat(execute(line.replace("PORT", Integer.toString(port)).split(" "))).isEqualTo(2);
      assertThat(err.toString().lines()).hasSize(1);
      assertThat(err.toString())
          .startsWith("Port " + port + " cannot be used")
          .contains("choose another one with " + option);
    }
  }

  @Test
  void no_command_is_answered_with_those_there_are() {
    assertThat(execute()).isEqualTo(2);
    assertThat(err.toString())
        .startsWith(
            "Say what to do: check, demo, dlq, explain, leases, local, referrers, run or simulate.");
  }

  @Test
  void help_and_version_are_results() {
    assertThat(execute("--help")).isZero();
    assertThat(out.toString()).contains("demo").contains("local");
    assertThat(execute("--version")).isZero();
    assertThat(out.toString()).containsPattern("millrace \\d+\\.\\d+");
  }

  @Test
  void the_demo_has_its_defaults_and_does_nothing_by_itself() {
    DemoCommand demo = parseDemo();

    assertThat(demo.shards).isEqualTo(4);
    assertThat(demo.rate).isEqualTo(200);
    assertThat(demo.workers).isEqualTo(2);
    assertThat(demo.script().steps()).isEmpty();
  }

  @Test
  void what_is_asked_for_happens_in_the_order_of_time() {
    DemoCommand demo =
        parseDemo(
            "--seconds", "60", "--merge-after", "50", "--kill-after", "20", "--split-after", "35");

    assertThat(demo.script().steps())
        .containsExactly(
            new Script.Step(20, Script.Action.KILL),
            new Script.Step(35, Script.Action.SPLIT),
            new Script.Step(50, Script.Action.MERGE),
            new Script.Step(60, Script.Action.END));
  }

  @Test
  void local_prints_what_to_paste() {
    String text =
        LocalCommand.text(
            URI.create("http://127.0.0.1:4567"),
            URI.create("http://127.0.0.1:8000"),
            Map.of("clicks", 4));

    assertThat(text.lines())
        .contains(
            "Stream    clicks, 4 shards",
            "export AWS_ENDPOINT_URL_KINESIS=http://127.0.0.1:4567",
            "export AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000",
            "export AWS_ACCESS_KEY_ID=local",
            "export AWS_SECRET_ACCESS_KEY=local",
            "export AWS_REGION=us-east-1")
        .anyMatch(line -> line.startsWith("aws kinesis list-streams"));
  }

  private int execute(String... arguments) {
    return Millrace.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  private static DemoCommand parseDemo(String... arguments) {
    List<String> line = new ArrayList<>(List.of(arguments));
    line.add(0, "demo");
    CommandLine.ParseResult parsed = Millrace.commandLine().parseArgs(line.toArray(String[]::new));
    return (DemoCommand) parsed.subcommand().commandSpec().userObject();
  }
}
