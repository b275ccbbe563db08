package io.millrace.connectors.config;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A config file that was read, every value of which is allowed. Immutable; holds secrets, which
 * {@link #toString} does not show.
 *
 * <pre>{@code
 * PipelineConfig config =
 *     PipelineConfig.read(Path.of("clicks.yaml"), Modules.installed(), System::getenv);
 * }</pre>
 */
public final class PipelineConfig {

  /** The keys that lead away from this machine. */
  private static final List<String> ELSEWHERE =
      List.of(
          "endpoint",
          "region",
          PipelineKeys.Source.KINESIS_ENDPOINT.name(),
          PipelineKeys.Source.DYNAMODB_ENDPOINT.name());

  private final Path file;
  private final Map<String, Values> sections;
  private final List<Chosen<StepProvider>> transform;
  private final List<Chosen<StepProvider>> filter;
  private final Chosen<SinkProvider> sink;
  private final Chosen<DeadLetterProvider> deadLetter;
  private final List<String> warnings;

  PipelineConfig(Path file, Parts parts, List<String> warnings) {
    this.file = file;
    this.sections = new LinkedHashMap<>(parts.sections());
    this.transform = List.copyOf(parts.transform());
    this.filter = List.copyOf(parts.filter());
    this.sink = Objects.requireNonNull(parts.sink());
    this.deadLetter = parts.deadLetter();
    this.warnings = List.copyOf(warnings);
  }

  /** What the sections have become; {@code deadLetter} may be null. */
  record Parts(
      Map<String, Values> sections,
      List<Chosen<StepProvider>> transform,
      List<Chosen<StepProvider>> filter,
      Chosen<SinkProvider> sink,
      Chosen<DeadLetterProvider> deadLetter) {}

  /**
   * Reads a file. Nothing is opened or connected to, but the files that references name.
   *
   * @param file ends in {@code .yaml}, {@code .yml} or {@code .properties}
   * @param environment the value of an environment variable, null if it is not set
   * @throws ConfigException if anything is wrong: a line for each mistake, by line, each with file,
   *     line, key, value and what is allowed
   */
  public static PipelineConfig read(Path file, Modules modules, UnaryOperator<String> environment) {
    return new ConfigReader(file, modules, environment).read();
  }

  /**
   * The same pipeline on services of this machine: what the file says about endpoints and regions
   * of the source, the sink and the dead letters counts for nothing, and what the sink can create
   * it creates.
   */
  public PipelineConfig onThisMachine() {
    Map<String, Values> local = new LinkedHashMap<>(sections);
    String stream = source().get(PipelineKeys.Source.STREAM);
    local.put(
        PipelineKeys.Source.SECTION.name(),
        source()
            .without(ELSEWHERE)
            .with(PipelineKeys.Source.STREAM.name(), stream.substring(stream.indexOf('/') + 1))
            .with(PipelineKeys.Source.START_AT.name(), "trim-horizon"));
    Chosen<SinkProvider> here =
        new Chosen<>(sink.provider(), sink.values().without(ELSEWHERE).with("createTable", "true"));
    Chosen<DeadLetterProvider> letters =
        deadLetter == null
            ? null
            : new Chosen<>(deadLetter.provider(), deadLetter.values().without(ELSEWHERE));
    return new PipelineConfig(file, new Parts(local, transform, filter, here, letters), warnings);
  }

  /**
   * The applications that the file describes.
   *
   * @throws ConfigException if values do not go together
   */
  public List<Stage> stages() {
    return sink.provider().stages(this);
  }

  /** The same with another sink. */
  public PipelineConfig withSink(Chosen<SinkProvider> other) {
    return new PipelineConfig(
        file, new Parts(sections, transform, filter, other, deadLetter), warnings);
  }

  /** The same with another section, of those that are the same in every file. */
  public PipelineConfig with(Values section) {
    Map<String, Values> changed = new LinkedHashMap<>(sections);
    if (changed.replace(section.section().name(), section) == null) {
      throw new IllegalArgumentException("No section: " + section.section().name());
    }
    return new PipelineConfig(
        file, new Parts(changed, transform, filter, sink, deadLetter), warnings);
  }

  /** The same without steps: records go to the sink as they are. */
  public PipelineConfig withoutSteps() {
    return new PipelineConfig(
        file, new Parts(sections, List.of(), List.of(), sink, deadLetter), warnings);
  }

  /** As it was named. */
  public Path file() {
    return file;
  }

  /** What relative paths in the file are relative to: the directory that it is in. */
  public Path directory() {
    return directoryOf(file);
  }

  static Path directoryOf(Path file) {
    return Objects.requireNonNull(file.toAbsolutePath().normalize().getParent(), "a file has one");
  }

  /** The keys are in {@link PipelineKeys.Source}. */
  public Values source() {
    return section(PipelineKeys.Source.SECTION);
  }

  /** The keys are in {@link PipelineKeys.Buffer}. */
  public Values buffer() {
    return section(PipelineKeys.Buffer.SECTION);
  }

  /** The keys are in {@link PipelineKeys.Retry}. */
  public Values retry() {
    return section(PipelineKeys.Retry.SECTION);
  }

  /** The keys are in {@link PipelineKeys.Checkpointing}. */
  public Values checkpoint() {
    return section(PipelineKeys.Checkpointing.SECTION);
  }

  /** The keys are in {@link PipelineKeys.Metrics}. */
  public Values metrics() {
    return section(PipelineKeys.Metrics.SECTION);
  }

  /** The keys are in {@link PipelineKeys.Local}. */
  public Values local() {
    return section(PipelineKeys.Local.SECTION);
  }

  private Values section(Section section) {
    return sections.get(section.name());
  }

  /** In the order in which they run. */
  public List<Chosen<StepProvider>> transform() {
    return transform;
  }

  /** In the order in which they run, after the transform. */
  public List<Chosen<StepProvider>> filter() {
    return filter;
  }

  public Chosen<SinkProvider> sink() {
    return sink;
  }

  /** What the file says, or a key of the sink stands for; empty if there is neither. */
  public Optional<Chosen<DeadLetterProvider>> deadLetter() {
    return Optional.ofNullable(deadLetter);
  }

  /** What is allowed, but should be known; each with the file's name. */
  public List<String> warnings() {
    return warnings;
  }

  /** The file, never a value. */
  @Override
  public String toString() {
    return "PipelineConfig of " + file;
  }
}
