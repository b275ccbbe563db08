package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connectors.application.ConnectorApplication;
import io.millrace.connectors.config.Modules;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.connectors.config.Reference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The reference of config files, with all modules that the command line brings along. */
class ConnectorsReferenceTest {

  private static final Path DOCUMENT = Path.of("..", "docs", "connectors-reference.md");

  @Test
  void the_reference_is_what_the_keys_say() throws IOException {
    String reference = Reference.markdown(Modules.installed());
    if (Boolean.getBoolean("millrace.write.docs")) {
      Files.writeString(DOCUMENT, reference);
    }
    assertThat(Files.readString(DOCUMENT))
        .as("run this test with -Dmillrace.write.docs=true to write it anew")
        .isEqualTo(reference);
    assertThat(reference)
        .contains(
            "### `type: s3`",
            "### `type: dynamodb`",
            "### `type: redshift`",
            "### `type: file`",
            "### `jmespath`");
  }

  @Test
  void the_example_in_the_readme_is_accepted(@TempDir Path directory) throws IOException {
    Matcher example =
        Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(Path.of("..", "README.md")));
    assertThat(example.find()).isTrue();
    Path file = Files.writeString(directory.resolve("readme.yaml"), example.group(1));
    PipelineConfig config = PipelineConfig.read(file, Modules.installed(), name -> null);
    assertThat(ConnectorApplication.explain(config))
        .anyMatch(sentence -> sentence.contains("lines of JSON, compressed with gzip"));
  }
}
