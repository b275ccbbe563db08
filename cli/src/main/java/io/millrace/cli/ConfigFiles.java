package io.millrace.cli;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.connectors.application.Host;
import io.millrace.connectors.config.ConfigException;
import io.millrace.connectors.config.Modules;
import io.millrace.connectors.config.PipelineConfig;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;

/** What the commands that work on config files have in common. */
final class ConfigFiles {

  private ConfigFiles() {}

  /**
   * Reads a file, and says its warnings.
   *
   * @throws UserError if it is refused
   */
  static PipelineConfig read(Path file, PrintWriter err) {
    PipelineConfig config =
        refusing(() -> PipelineConfig.read(file, Modules.installed(), System::getenv));
    config.warnings().forEach(warning -> err.println("Warning: " + warning));
    err.flush();
    return config;
  }

  /**
   * @throws UserError if the file turns out to be wrong only now
   */
  static <T> T refusing(Supplier<T> action) {
    try {
      return action.get();
    } catch (ConfigException e) {
      throw new UserError(e.getMessage(), e);
    }
  }

  /** With the credentials that the AWS SDK finds. */
  static Host aws(MeterRegistry registry) {
    return new Host(DefaultCredentialsProvider.create(), Map.of(), registry);
  }
}
