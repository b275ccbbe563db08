package io.millrace.samples.referrers;

import io.millrace.kcl.InitialPositionInStream;
import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.Worker;
import io.millrace.kcl.aws.AwsClients;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.InstantSource;
import java.util.List;
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
 * --application NAME --stream NAME --worker ID --ledger FILE --events FILE
 * [--counts-table NAME] [--kinesis-endpoint URL] [--dynamodb-endpoint URL] [--region REGION]
 * [--end-with-parent true]
 * </pre>
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
              List.of(
                  "application",
                  "stream",
                  "worker",
                  "ledger",
                  "events",
                  "counts-table",
                  "kinesis-endpoint",
                  "dynamodb-endpoint",
                  "region",
                  "end-with-parent"));
      configuration = configuration(options, credentials);
      options.required("ledger");
      options.required("events");
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    if (options.text("end-with-parent").map(Boolean::parseBoolean).orElse(false)) {
      endWithParent(System.in);
    }
    System.exit(run(options, configuration, credentials) ? 0 : 1);
  }

  private static boolean run(
      MainOptions options,
      KinesisClientLibConfiguration configuration,
      AwsCredentialsProvider credentials)
      throws IOException {
    InstantSource clock = InstantSource.system();
    String worker = options.required("worker");
    String table = options.text("counts-table").orElse(options.required("application") + "-counts");
    try (LedgerFile ledger = new LedgerFile(options.path("ledger"));
        LedgerFile eventLines = new LedgerFile(options.path("events"));
        AwsClients clients =
            AwsClients.builder()
                .credentialsProvider(credentials)
                .dynamoDbEndpoint(options.uri("dynamodb-endpoint"))
                .regionName(options.text("region").orElse(null))
                .threadNamePrefix("counts")
                .build();
        CountPersister persister =
            new CountPersister(new CountsTable(clients.dynamoDb(), table), worker, clock)) {
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

  private static KinesisClientLibConfiguration configuration(
      MainOptions options, AwsCredentialsProvider credentials) {
    KinesisClientLibConfiguration configuration =
        new KinesisClientLibConfiguration(
                options.required("application"),
                options.required("stream"),
                credentials,
                options.required("worker"))
            // whatever was put before the first worker started counts too
            .withInitialPositionInStream(InitialPositionInStream.TRIM_HORIZON)
            .withRegisterShutdownHook(true);
    URI kinesis = options.uri("kinesis-endpoint");
    if (kinesis != null) {
      configuration.withKinesisEndpoint(kinesis.toString());
    }
    URI dynamoDb = options.uri("dynamodb-endpoint");
    if (dynamoDb != null) {
      configuration.withDynamoDBEndpoint(dynamoDb.toString());
    }
    options.text("region").ifPresent(configuration::withRegionName);
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
