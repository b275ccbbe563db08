package io.millrace.connectors.config;

import java.util.List;
import java.util.Optional;

/** Writes the reference of config files, from the descriptions that validate them. */
public final class Reference {

  private final StringBuilder page = new StringBuilder();

  private Reference() {}

  /** Everything that a file can say with these modules, in Markdown. */
  public static String markdown(Modules modules) {
    Reference reference = new Reference();
    reference.write(modules);
    return reference.page.toString();
  }

  private void write(Modules modules) {
    page.append("# Config files for connectors: reference\n\n")
        .append("Generated from the descriptions that validate files; do not edit.")
        .append(" How it all goes together: [connectors-config.md](connectors-config.md).\n\n")
        .append(
            "Sizes have a unit (`B`, `KiB`, `MiB`, `GiB`, `kB`, `MB`, `GB`), or none for bytes;")
        .append(" times always have one (`ms`, `s`, `m`, `min`, `h`, `d`).\n");
    for (Section section : PipelineKeys.sections()) {
      section("## `" + section.name() + "`", section);
    }
    page.append("\n## `transform` and `filter`\n\n")
        .append("Lists of steps, in the order in which they run: first those of `transform`, then")
        .append(" those of `filter`. A step with one key has its value behind its name")
        .append(
            " (`- pick: [id, name]`), others have their keys there, and one that needs no value")
        .append(" is a name alone (`- gunzip`).\n");
    for (StepProvider step : modules.steps().values()) {
      section(
          "### `" + step.section().name() + "`" + (step.filters() ? ", a filter" : ""),
          step.section());
    }
    page.append("\n## `sink`\n\n`type` says which one, and so which other keys there are.\n");
    modules
        .sinks()
        .values()
        .forEach(sink -> section("### `type: " + sink.section().name() + "`", sink.section()));
    page.append("\n## `deadLetter`\n\n`type` says which one, and so which other keys there are.")
        .append(" Without this section a shard waits before a record that cannot be transformed or")
        .append(" stored.\n");
    modules
        .deadLetters()
        .values()
        .forEach(
            letters -> section("### `type: " + letters.section().name() + "`", letters.section()));
    oldKeys();
  }

  private void section(String heading, Section section) {
    page.append('\n').append(heading).append("\n\n").append(section.description()).append('\n');
    if (section.keys().isEmpty()) {
      return;
    }
    page.append("\n| key | default | allowed | what it is |\n|---|---|---|---|\n");
    for (Key<?> key : section.keys()) {
      row(
          "`" + key.name() + "`",
          key.isRequired()
              ? "must be said"
              : key.defaultValue().map(Key::show).map(this::code).orElse("–"),
          key.allowed(),
          key.description() + (key.isSecret() ? " Never shown." : ""));
    }
  }

  private void oldKeys() {
    page.append("\n## Names of the Kinesis Connector Library\n\n")
        .append(
            "What `.properties` files may say besides the keys above, which they write with dots")
        .append(" (`buffer.bytes = 5 MiB`). A file that has one of these names and leaves out")
        .append(" another gets the default that is listed here.\n\n")
        .append("| name | default | becomes | allowed |\n|---|---|---|---|\n");
    for (OldKey<?> old : OldKey.all()) {
      if (!old.isMeaningless()) {
        row(
            "`" + old.key().name() + "`",
            old.key().defaultValue().map(Key::show).map(this::code).orElse("–"),
            "`"
                + old.target()
                + "`"
                + (old.destination().isEmpty() ? "" : ", for " + old.destination()),
            old.key().allowed());
      }
    }
    page.append("\nAccepted, and without meaning here; a file that has any gets one warning that")
        .append(" lists them: ");
    List<String> gone =
        OldKey.all().stream()
            .filter(OldKey::isMeaningless)
            .map(old -> "`" + old.key().name() + "`")
            .toList();
    page.append(String.join(", ", gone)).append(".\n");
  }

  private String code(String value) {
    return Optional.of(value).filter(v -> !v.isEmpty()).map(v -> "`" + v + "`").orElse("empty");
  }

  private void row(String... cells) {
    for (String cell : cells) {
      page.append("| ").append(cell.replace("|", "\\|").replace("\n", " ")).append(' ');
    }
    page.append("|\n");
  }
}
