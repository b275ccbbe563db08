package io.millrace.it.backend;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** AWS itself: with the credentials that the SDK finds, in the region that was named, for money. */
final class AwsBackend implements Backend {

  private final Services services;

  AwsBackend(Settings settings) {
    if (!settings.get("it.aws.confirm").filter("yes"::equals).isPresent()) {
      throw new NotStartedException(
          "The backend aws makes streams, tables and buckets in your AWS account, which costs money;"
              + " say -Dit.aws.confirm=yes if that is what you want");
    }
    String region =
        settings
            .get("it.aws.region")
            .orElseThrow(
                () ->
                    new NotStartedException(
                        "The backend aws needs a region: say -Dit.aws.region=eu-west-1 or another"));
    services = new Services(Map.of(), region);
  }

  /** What is said before anything is made. */
  String warning(String prefix) {
    return ("THIS RUN COSTS MONEY: it makes up to 15 provisioned streams of 1 to 4 shards, as many"
            + " DynamoDB tables and one S3 bucket in %s of your AWS account, for about 15 minutes."
            + " All of their names begin with %s, and all of them are removed at the end; should"
            + " this process be killed, remove them yourself.")
        .formatted(services.region(), prefix);
  }

  @Override
  public Services services() {
    return services;
  }

  @Override
  public SortedMap<String, String> engines() {
    SortedMap<String, String> engines = new TreeMap<>();
    engines.put("Kinesis, DynamoDB, S3", "AWS, " + services.region());
    return engines;
  }

  /** There is nothing to stop; what was made is removed by {@link Resources}. */
  @Override
  public void close() {}
}
