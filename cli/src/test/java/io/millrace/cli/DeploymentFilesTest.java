package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.connectors.application.ConnectorApplication;
import io.millrace.connectors.config.Modules;
import io.millrace.connectors.config.PipelineConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What is shown of {@code samples/iam} and {@code samples/ec2} is what they are, and goes together.
 */
class DeploymentFilesTest {

  private static final Path ROOT = Path.of("..");
  private static final Path EC2 = ROOT.resolve("samples/ec2");
  private static final Path IAM = ROOT.resolve("samples/iam");
  private static final Pattern SHOWN =
      Pattern.compile("<!-- (samples/\\S+) -->\n```(\\w*)\n(.*?)```", Pattern.DOTALL);

  @Test
  void the_page_about_permissions_shows_every_policy() throws IOException {
    assertThat(shown("iam.md"))
        .containsExactlyInAnyOrderElementsOf(
            files(IAM).map(file -> "samples/iam/" + file.getFileName()).toList());
  }

  @Test
  void the_page_about_ec2_shows_the_unit_the_user_data_and_the_config_file() throws IOException {
    assertThat(shown("ec2.md"))
        .containsExactlyInAnyOrder(
            "samples/ec2/millrace.service",
            "samples/ec2/user-data.sh",
            "samples/ec2/pipeline.yaml");
  }

  /** The files of a page, all of which it shows as they are. */
  private static List<String> shown(String page) throws IOException {
    Path path = ROOT.resolve("docs").resolve(page);
    String text = Files.readString(path);
    StringBuilder right = new StringBuilder();
    List<String> names = new ArrayList<>();
    Matcher matcher = SHOWN.matcher(text);
    while (matcher.find()) {
      names.add(matcher.group(1));
      matcher.appendReplacement(
          right,
          Matcher.quoteReplacement(
              "<!-- %s -->\n```%s\n%s```"
                  .formatted(
                      matcher.group(1),
                      matcher.group(2),
                      Files.readString(ROOT.resolve(matcher.group(1))))));
    }
    matcher.appendTail(right);
    if (Boolean.getBoolean("millrace.write.docs")) {
      Files.writeString(path, right.toString());
      text = right.toString();
    }
    assertThat(text)
        .as("run this test with -Dmillrace.write.docs=true to write it anew")
        .isEqualTo(right.toString());
    return names;
  }

  @Test
  void policies_are_json_that_allows_named_actions_on_one_resource() throws IOException {
    for (Path file : files(IAM).toList()) {
      var root = new ObjectMapper().readTree(Files.readString(file));
      assertThat(root.path("Version").asText()).as(file.toString()).isEqualTo("2012-10-17");
      for (var statement : root.path("Statement")) {
        assertThat(statement.path("Effect").asText()).isEqualTo("Allow");
        assertThat(statement.path("Resource").asText())
            .as(file + " " + statement.path("Sid"))
            .startsWith("arn:aws:")
            .doesNotContain(":*");
        for (var action : statement.path("Action")) {
          assertThat(action.asText()).matches("[a-z0-9]+:[A-Za-z]+");
        }
      }
    }
  }

  @Test
  void the_config_file_is_accepted_and_names_what_the_policies_name() throws IOException {
    PipelineConfig config =
        PipelineConfig.read(
            EC2.resolve("pipeline.yaml"),
            Modules.installed(),
            Map.of("WORKER_ID", "i-0abc1234")::get);

    assertThat(config.warnings()).isEmpty();
    assertThat(ConnectorApplication.explain(config)).isNotEmpty();
    String policies = "";
    for (String name : List.of("worker", "s3", "dead-letters-s3")) {
      policies += Files.readString(IAM.resolve(name + ".json"));
    }
    assertThat(policies)
        .contains(
            ":stream/clicks\"",
            ":table/referrer-counter\"",
            ":::my-bucket/clicks/*\"",
            ":::my-bucket/dead/*\"");
    assertThat(Files.readString(EC2.resolve("pipeline.yaml")))
        .contains("stream: clicks", "application: referrer-counter", "prefix: clicks/");
  }

  @Test
  void the_unit_waits_longer_than_a_worker_takes_to_stop() throws IOException {
    long graceSeconds = 30;
    long lastWritesSeconds = 5;
    assertThat(Files.readString(ROOT.resolve("docs/connectors-reference.md")))
        .as("what the reference says of the default")
        .contains("| `shutdownGrace` | `" + graceSeconds + " s` |");
    assertThat(Long.parseLong(unit("TimeoutStopSec")))
        .isGreaterThanOrEqualTo(graceSeconds + lastWritesSeconds + 10);
  }

  @Test
  void the_unit_runs_what_the_user_data_puts_there() throws IOException {
    String userData = Files.readString(EC2.resolve("user-data.sh"));
    assertThat(unit("ExecStart"))
        .contains("/opt/millrace/lib/*", Millrace.class.getName() + " run ");
    assertThat(userData)
        .contains(
            "-C /opt/millrace ",
            unit("EnvironmentFile"),
            unit("User") + " >/dev/null",
            unit("ExecStart").replaceFirst(".* run ", ""),
            "/etc/systemd/system/millrace.service");
    // every variable of unit and config file is written by it
    TreeSet<String> variables = new TreeSet<>();
    for (String text : List.of(unit("ExecStart"), Files.readString(EC2.resolve("pipeline.yaml")))) {
      Pattern.compile("\\$\\{env:(\\w+)|\\$(\\w+)")
          .matcher(text)
          .results()
          .map((MatchResult r) -> r.group(1) == null ? r.group(2) : r.group(1))
          .forEach(variables::add);
    }
    assertThat(variables).containsExactly("JAVA_OPTS", "WORKER_ID");
    variables.forEach(name -> assertThat(userData).contains("\n" + name + "="));
  }

  @Test
  void the_user_data_is_a_script_that_bash_can_read() throws Exception {
    Process bash =
        new ProcessBuilder("bash", "-n", EC2.resolve("user-data.sh").toString())
            .redirectErrorStream(true)
            .start();
    assertThat(
            new String(
                bash.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8))
        .isEmpty();
    assertThat(bash.waitFor()).isZero();
  }

  private static String unit(String key) throws IOException {
    return Files.readAllLines(EC2.resolve("millrace.service")).stream()
        .filter(line -> line.startsWith(key + "="))
        .map(line -> line.substring(key.length() + 1))
        .findFirst()
        .orElseThrow();
  }

  private static Stream<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList().stream();
    }
  }
}
