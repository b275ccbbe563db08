package io.millrace.it.iam;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A file of a policy: statements that allow, without conditions.
 *
 * @param name of the file, without its ending
 */
record Policy(String name, List<Grant> grants) {

  static final Path FOLDER = Path.of("..", "..", "samples", "iam");

  /**
   * One action on one resource.
   *
   * @param file the policy's name
   */
  record Grant(String file, String action, String resource) {

    boolean covers(Demand demand) {
      return demand.action().equals(action) && matches(resource, demand.resource());
    }

    /** As IAM does it: an asterisk stands for any characters, slashes too. */
    private static boolean matches(String pattern, String text) {
      String[] parts = pattern.split("\\*", -1);
      List<String> quoted = Stream.of(parts).map(Pattern::quote).toList();
      return text.matches(String.join(".*", quoted));
    }

    @Override
    public String toString() {
      return action + " on " + resource + " in " + file + ".json";
    }
  }

  /**
   * Reads a file as it is, but for names.
   *
   * @param names pairs of a resource's end in the file and what it is in the test
   */
  static Policy read(String name, String... names) throws IOException {
    JsonNode root = new ObjectMapper().readTree(Files.readString(FOLDER.resolve(name + ".json")));
    List<Grant> grants = new ArrayList<>();
    for (JsonNode statement : root.path("Statement")) {
      String resource = statement.path("Resource").asText();
      for (int i = 0; i < names.length; i += 2) {
        if (resource.endsWith(names[i])) {
          resource = resource.substring(0, resource.length() - names[i].length()) + names[i + 1];
          break;
        }
      }
      for (JsonNode action : statement.path("Action")) {
        grants.add(new Grant(name, action.asText(), resource));
      }
    }
    return new Policy(name, grants);
  }

  boolean allows(Demand demand) {
    return grants.stream().anyMatch(grant -> grant.covers(demand));
  }
}
