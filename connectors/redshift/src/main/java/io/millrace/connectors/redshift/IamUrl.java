package io.millrace.connectors.redshift;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A URL with {@code iam}: Amazon's driver asks AWS for a temporary user and password and connects
 * with them. Which call it makes, and to which region, it takes from the host's name, or from
 * parameters where the host is another name for it.
 */
final class IamUrl {
  private static final String PREFIX = "jdbc:redshift:iam:";

  private static final Pattern PARTS =
      Pattern.compile(
          Pattern.quote(PREFIX) + "//([^:/?;]+)(?::([^/?;]*))?(?:/[^?;]*)?(?:[?;](.*))?");

  private static final String AWS_HOST =
      "(?i).+\\..+\\..+\\.redshift(-serverless)?\\.amazonaws\\.com.*";
  private static final String SERVERLESS_HOST = "(?i).+\\.redshift-serverless\\.amazonaws\\.com.*";

  /** Of the clusters behind serverless workgroups, which the driver treats as clusters. */
  private static final String SERVERLESS_CLUSTER = "redshift-serverless-";

  private final String host;
  private final String portOrRegion;
  private final Map<String, String> parameters;

  private IamUrl(String host, String portOrRegion, Map<String, String> parameters) {
    this.host = host;
    this.portOrRegion = portOrRegion;
    this.parameters = parameters;
  }

  /** Empty if the URL has no {@code iam}, or is none that the driver understands. */
  static Optional<IamUrl> parse(String url) {
    Matcher matcher = PARTS.matcher(url);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    Map<String, String> parameters = new HashMap<>();
    String rest = matcher.group(3) == null ? "" : matcher.group(3);
    for (String parameter : rest.split("[;&]")) {
      int equals = parameter.indexOf('=');
      parameters.put(
          (equals < 0 ? parameter : parameter.substring(0, equals)).toLowerCase(Locale.ROOT),
          equals < 0 ? "" : parameter.substring(equals + 1));
    }
    String port = matcher.group(2) == null ? "" : matcher.group(2);
    return Optional.of(new IamUrl(matcher.group(1), port, parameters));
  }

  /** Whether AWS is asked for the user of a workgroup, and not of a cluster. */
  boolean isServerless() {
    return host.matches(SERVERLESS_HOST) || isTrue("isserverless");
  }

  /**
   * Whether the place of a port is taken by a region. The driver then asks with no name at all, and
   * is refused; it looks the cluster up only where the name is that of a workgroup.
   */
  boolean namesClusterAndRegionOnly() {
    return !portOrRegion.matches("\\d*") && !host.startsWith(SERVERLESS_CLUSTER) && !isServerless();
  }

  /** Whether the URL leaves it to somebody else who the database user is. */
  boolean needsUser() {
    return !isServerless()
        && !parameters.containsKey("dbuser")
        && !parameters.containsKey("user")
        && !parameters.containsKey("uid")
        && !isTrue("groupfederation")
        && !hasPlugin()
        && !parameters.containsKey("profile")
        && !parameters.containsKey("authprofile");
  }

  /** Whether an identity provider is asked, which may want a password. */
  boolean hasPlugin() {
    return parameters.containsKey("plugin_name");
  }

  /** Whether the URL leaves it to the pipeline with which AWS credentials AWS is asked. */
  boolean leavesCredentials() {
    return !hasPlugin()
        && !parameters.containsKey("profile")
        && !parameters.containsKey("authprofile")
        && !parameters.containsKey("accesskeyid");
  }

  /** Whether neither host nor parameters say the region. */
  boolean leavesRegion() {
    return portOrRegion.matches("\\d*")
        && !host.matches(AWS_HOST)
        && !parameters.containsKey("region");
  }

  private boolean isTrue(String parameter) {
    return "true".equalsIgnoreCase(parameters.get(parameter));
  }
}
