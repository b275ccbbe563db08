package io.millrace.samples.referrers;

import io.millrace.kcl.InitialPositionInStream;
import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.Worker;
import io.millrace.kcl.aws.AwsClients;
import java.io.IOException;
import java.io.InputStream;
import java.time.InstantSource;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * One worker of the referrer counter: a {@link Worker} with default settings. SIGTERM hands its
 * shards over to the other workers and ends it.
 *
 * <pre>
 * [--worker ID] [--ledger FILE] [--events FILE]
 * [--create-counts-table false] [--end-with-parent true]
 * </pre>
 *
 * and the options of {@link Resources}.
 *
 * <p>With {@code --end-with-parent true} it ends as soon as standard input does, however the
 * process on the other end of it ended, and Ctrl-C is left to that process.
 */
public final class WorkerMain {

  private WorkerMain() {}

  public static void main(String[] args) throws IOException {
    MainOptions options;
    KinesisClientLibConfiguration configuration;
    AwsCredentialsProvider credentials = DefaultCredentialsProvider.builder().build();
    try {
      options =
          MainOptions.parse(
              args,
              Resources.optionsAnd(
                  "worker", "ledger", "events", "create-counts-table", "end-with-parent"));
      configuration = configuration(options, credentials);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    if (Boolean.parseBoolean(options.text("end-with-parent", "false"))) {
      endWithParent(System.in);
    }
    System.exit(run(options, configuration) ? 0 : 1);
  }

  private static boolean run(MainOptions options, KinesisClientLibConfiguration configuration)
      throws IOException {
    InstantSource clock = InstantSource.system();
    Resources resources = Resources.of(options);
    String worker = configuration.getWorkerIdentifier();
    try (Ledger ledger = ledger(options, "ledger");
        Ledger eventLines = ledger(options, "events");
        AwsClients clients = resources.clients("counts");
        CountPersister persister =
            new CountPersister(countsTable(options, resources, clients), worker, clock)) {
      EventFile events = new EventFile(eventLines, worker, clock);
      persister.start();
      try {
        Worker kinesisWorker =
            Worker.builder()
                .recordProcessorFactory(() -> new CountingProcessor(ledger, persister, clock))
                .config(configuration)
                .listener(events)
                .build();
        events.write("run", Map.of());
        ledger.append(new LedgerLine.Run(clock.millis(), worker).text());
        kinesisWorker.run();
        events.write("stopped", Map.of());
        return true;
      } catch (RuntimeException e) {
        events.write("failed", Map.of("error", e.toString()));
        System.err.println("Worker " + worker + " cannot go on:");
        e.printStackTrace();
        return false;
      }
    }
  }

  private static Ledger ledger(MainOptions options, String name) throws IOException {
    return options.text(name).isEmpty() ? Ledger.none() : new LedgerFile(options.path(name));
  }

  private static CountsTable countsTable(
      MainOptions options, Resources resources, AwsClients clients) {
    CountsTable table = new CountsTable(clients.dynamoDb(), resources.countsTable());
    if (Boolean.parseBoolean(options.text("create-counts-table", "true"))) {
      table.ensure();
      table.expireItems();
    }
    return table;
  }

  private static KinesisClientLibConfiguration configuration(
      MainOptions options, AwsCredentialsProvider credentials) {
    Resources resources = Resources.of(options);
    KinesisClientLibConfiguration configuration =
        new KinesisClientLibConfiguration(
                resources.application(),
                resources.stream(),
                credentials,
                options.text("worker", "counter-" + ProcessHandle.current().pid()))
            // whatever was put before the first worker started counts too
            .withInitialPositionInStream(InitialPositionInStream.TRIM_HORIZON)
            .withRegisterShutdownHook(true);
    if (resources.kinesis() != null) {
      configuration.withKinesisEndpoint(resources.kinesis().toString());
    }
    if (resources.dynamoDb() != null) {
      configuration.withDynamoDBEndpoint(resources.dynamoDb().toString());
    }
    if (resources.region() != null) {
      configuration.withRegionName(resources.region());
    }
    return configuration;
  }

  /** The parent never writes to the pipe; its end means that the parent is gone. */
  private static void endWithParent(InputStream parent) {
    // Ctrl-C reaches every process of the terminal; the parent stops its workers in order
    Signal.handle(new Signal("INT"), SignalHandler.SIG_IGN);
    Thread watchdog =
        new Thread(
            () -> {
              try {
                while (parent.read() >= 0) {
                  // says only that it lives
                }
              } catch (IOException e) {
                // a broken pipe means the same as its end
              }
              Runtime.getRuntime().halt(3);
            },
            "parent-watchdog");
    watchdog.setDaemon(true);
    watchdog.start();
  }
}
