package io.millrace.samples.referrers;

import io.millrace.kcl.aws.AwsClients;
import io.millrace.samples.referrers.page.Browser;
import io.millrace.samples.referrers.page.PageServer;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * The page alone, for a fleet that runs elsewhere. It reads the stream's shards and both tables,
 * and writes nothing.
 *
 * <pre>
 * [--port PORT]           8080 if it is not given, 0 for any free one
 * [--no-browser]          opens none
 * [--allow-resharding]    lets the page split and merge shards
 * </pre>
 *
 * and the options of {@link Resources}.
 */
public final class PageMain {

  private static final int DEFAULT_PORT = 8_080;

  private PageMain() {}

  public static void main(String[] args) throws InterruptedException {
    MainOptions options;
    Resources resources;
    int port;
    try {
      options =
          MainOptions.parse(
              args, Resources.optionsAnd("port"), List.of("no-browser", "allow-resharding"));
      resources = Resources.of(options);
      port = options.wholeNumber("port", DEFAULT_PORT, 0, 65_535);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    try (AwsClients clients = resources.clients("page");
        PageServer server =
            PageServer.start(port, fleet(resources, clients, options.flag("allow-resharding")))) {
      System.out.println("Page: " + server.address());
      if (!options.flag("no-browser")) {
        Browser.open(
            server.address(),
            why -> System.err.println("No browser was opened (" + why + "); open the page there"));
      }
      new CountDownLatch(1).await();
    } catch (IllegalStateException e) {
      System.err.println(e.getMessage());
      System.exit(2);
    }
  }

  private static AwsFleet fleet(Resources resources, AwsClients clients, boolean resharding) {
    Resharding stream = new Resharding(clients.kinesis(), resources.stream());
    FleetView view =
        new FleetView(
            new FleetTable(clients.dynamoDb(), resources.application()),
            new CountsTable(clients.dynamoDb(), resources.countsTable()),
            stream);
    return new AwsFleet(resources, view, stream, resharding);
  }
}
