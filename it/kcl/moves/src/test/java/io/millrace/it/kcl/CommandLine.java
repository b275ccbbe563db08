package io.millrace.it.kcl;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The {@code millrace} command in a process of its own. */
record CommandLine(int exitCode, String output) {

  static CommandLine leases(Engines engines, String command, String table, String... more)
      throws Exception {
    List<String> line =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Daws.accessKeyId=test",
                "-Daws.secretAccessKey=test",
                "-cp",
                System.getProperty("java.class.path"),
                "io.millrace.cli.Millrace",
                "leases",
                command,
                "--table",
                table,
                "--dynamodb-endpoint",
                engines.dynamoDb.endpoint().toString()));
    line.addAll(List.of(more));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new CommandLine(process.waitFor(), output);
  }
}
