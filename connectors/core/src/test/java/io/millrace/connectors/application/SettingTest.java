package io.millrace.connectors.application;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.connectors.config.Modules;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.connectors.config.PipelineKeys.Source;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;

/** What keys of the source say to the worker. */
class SettingTest {

  @TempDir private Path directory;

  private PipelineConfig config(String line) throws IOException {
    Modules installed = Modules.installed();
    return PipelineConfig.read(
        Files.writeString(
            directory.resolve("clicks.yaml"),
            """
            source:
              stream: clicks
              application: clicks
              region: eu-west-1
              %s
            sink:
              type: memory
            deadLetter:
              type: skip
            """
                .formatted(line)),
        new Modules(
            List.of(new MemorySink()),
            installed.deadLetters().values(),
            installed.steps().values()),
        name -> null);
  }

  private static long watchMillis(PipelineConfig config) {
    Host host =
        new Host(
            AnonymousCredentialsProvider.create(),
            Map.<String, URI>of(),
            new SimpleMeterRegistry());
    return new Setting(config, host).worker().getForeignOwnerWatchMillis();
  }

  @Test
  void how_long_another_librarys_workers_are_watched_is_a_key_of_the_source() throws IOException {
    assertThat(watchMillis(config("foreignOwnerWatch: 90 s"))).isEqualTo(90_000);
    PipelineConfig unsaid = config("maxRecords: 10");
    assertThat(watchMillis(unsaid)).isEqualTo(60_000);
    assertThat(
            watchMillis(
                unsaid.with(unsaid.source().with(Source.FOREIGN_OWNER_WATCH.name(), "2 m"))))
        .as("as the command line says it")
        .isEqualTo(120_000);
  }
}
