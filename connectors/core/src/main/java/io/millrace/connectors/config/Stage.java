package io.millrace.connectors.config;

import java.util.Objects;

/**
 * One application of those that a file describes.
 *
 * @param name what it does, in a few words, for headings; empty if it is the only one
 * @param config what the file would say if it described this one alone
 * @param createsStream whether the stream that it reads is created if it is missing, when it is
 *     opened
 */
public record Stage(String name, PipelineConfig config, boolean createsStream) {
  public Stage {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(config, "config");
  }
}
