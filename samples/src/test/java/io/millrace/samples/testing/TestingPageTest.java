package io.millrace.samples.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What docs/testing.md shows is what is compiled and run in this package. */
class TestingPageTest {

  private static final Path PAGE = Path.of("..", "docs", "testing.md");
  private static final Path SOURCES =
      Path.of("src", "test", "java", "io", "millrace", "samples", "testing");
  private static final Pattern EXAMPLE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @Test
  void every_example_of_the_page_is_in_a_source_file() throws IOException {
    List<String> examples =
        EXAMPLE.matcher(Files.readString(PAGE)).results().map(MatchResult::group).toList();
    assertThat(examples).hasSizeGreaterThan(5);
    String sources = sources();
    for (String example : examples) {
      assertThat(sources).contains(example.replaceFirst("```java\n", "").replaceFirst("```$", ""));
    }
  }

  private static String sources() throws IOException {
    try (Stream<Path> files = Files.list(SOURCES)) {
      return files.sorted().map(TestingPageTest::read).collect(Collectors.joining());
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
