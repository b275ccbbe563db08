package io.millrace.connectors.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/**
 * Replaces {@code ${env:NAME}}, {@code ${env:NAME:-default}} and {@code ${file:PATH}} in values;
 * {@code $${} is a {@code ${} that stays.
 */
final class References {

  static final String ALLOWED =
      "${env:NAME}, ${env:NAME:-default} or ${file:PATH}; $${ for a ${ that is none";

  /** A secret is a line or a few; a larger file was named by mistake. */
  private static final long MOST_BYTES = 64 << 10;

  private final UnaryOperator<String> environment;
  private final Path directory;

  /**
   * @param environment gives null for a variable that is not set
   * @param directory what relative paths are relative to
   */
  References(UnaryOperator<String> environment, Path directory) {
    this.environment = environment;
    this.directory = directory;
  }

  /** A reference that cannot be replaced. */
  static final class Unresolved extends Exception {
    private static final long serialVersionUID = 1L;

    Unresolved(String message) {
      super(message);
    }
  }

  Raw.Text resolve(String written, int line) throws Unresolved {
    StringBuilder value = new StringBuilder();
    boolean referenced = false;
    int at = 0;
    while (at < written.length()) {
      int dollar = written.indexOf('$', at);
      if (dollar < 0) {
        break;
      }
      value.append(written, at, dollar);
      if (written.startsWith("$${", dollar)) {
        value.append("${");
        at = dollar + 3;
      } else if (written.startsWith("${", dollar)) {
        int end = written.indexOf('}', dollar);
        if (end < 0) {
          throw new Unresolved(
              "'" + written.substring(dollar) + "' has no closing }; allowed: " + ALLOWED);
        }
        value.append(replacement(written.substring(dollar + 2, end)));
        referenced = true;
        at = end + 1;
      } else {
        value.append('$');
        at = dollar + 1;
      }
    }
    value.append(written, at, written.length());
    return new Raw.Text(written, value.toString(), referenced, line);
  }

  private String replacement(String reference) throws Unresolved {
    if (reference.startsWith("env:")) {
      return variable(reference.substring("env:".length()));
    }
    if (reference.startsWith("file:")) {
      return content(reference.substring("file:".length()));
    }
    throw new Unresolved("'${" + reference + "}' is no reference; allowed: " + ALLOWED);
  }

  private String variable(String reference) throws Unresolved {
    int separator = reference.indexOf(":-");
    String name = separator < 0 ? reference : reference.substring(0, separator);
    if (!name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
      throw new Unresolved(
          "'${env:" + reference + "}' names no environment variable; allowed: " + ALLOWED);
    }
    String value = environment.apply(name);
    if (value != null) {
      return value;
    }
    if (separator < 0) {
      throw new Unresolved(
          "the environment variable "
              + name
              + " is not set; set it, or write ${env:"
              + name
              + ":-default}");
    }
    return reference.substring(separator + 2);
  }

  /** Without the line feed that editors put at the end. */
  private String content(String path) throws Unresolved {
    Path file = directory.resolve(path);
    try {
      if (Files.isDirectory(file)) {
        throw new Unresolved(unreadable(file, "it is a directory"));
      }
      if (Files.size(file) > MOST_BYTES) {
        throw new Unresolved(
            unreadable(file, "it has " + Files.size(file) + " bytes, more than " + MOST_BYTES));
      }
      String text = Files.readString(file, StandardCharsets.UTF_8);
      return text.endsWith("\n") ? text.substring(0, text.length() - 1).stripTrailing() : text;
    } catch (NoSuchFileException e) {
      throw new Unresolved(unreadable(file, "it does not exist"));
    } catch (AccessDeniedException e) {
      throw new Unresolved(unreadable(file, "the user of this process may not read it"));
    } catch (CharacterCodingException e) {
      throw new Unresolved(unreadable(file, "it is no text in UTF-8"));
    } catch (IOException e) {
      throw new Unresolved(unreadable(file, e.toString()));
    }
  }

  private static String unreadable(Path file, String why) {
    return "the file " + file + " cannot be read: " + why;
  }
}
