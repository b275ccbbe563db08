package io.millrace.cli;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.connectors.application.ConnectorApplication;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.aws.AwsClients;
import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.PendingCheckpoint;
import io.millrace.lease.dynamodb.TableCare;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;

/** Which lease table a command is about, and how it is reached. */
final class LeaseTableOptions {

  /** How the state begins that a sink gives a pending checkpoint. */
  private static final String MARK_OF_SINKS = "millrace.range/";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description = "The config file of the pipeline; it says which table is its, and where.")
  Path file;

  @Option(
      names = "--table",
      paramLabel = "NAME",
      description =
          "The table, in place of a config file: the application's name, unless its configuration says"
              + " otherwise.")
  String table;

  @Option(names = "--region", paramLabel = "NAME", description = "With --table: its region.")
  String region;

  @Option(
      names = "--dynamodb-endpoint",
      paramLabel = "URL",
      description = "With --table: another endpoint for DynamoDB.")
  URI endpoint;

  /** Of tests. */
  AwsCredentialsProvider credentials;

  /** Something that is done with a table. */
  interface Work {
    int on(TableCare care, String table) throws InterruptedException;
  }

  int work(Work work) throws InterruptedException {
    if ((file == null) == (table == null)) {
      throw new ParameterException(
          spec.commandLine(),
          file == null
              ? "Say which table: a config file, or --table NAME."
              : "--table: '" + table + "' is not allowed beside the config file '" + file + "'");
    }
    if (file != null && (region != null || endpoint != null)) {
      throw new ParameterException(
          spec.commandLine(),
          "--region and --dynamodb-endpoint are not allowed beside a config file: it says where its"
              + " table is");
    }
    PrintWriter err = spec.commandLine().getErr();
    String name = file == null ? table : configured(err).getTableName();
    try (AwsClients clients = clients()) {
      return work.on(new TableCare(clients.dynamoDb(), name), name);
    } catch (LeaseStoreException e) {
      throw new UserError(e.getMessage(), e);
    }
  }

  private AwsClients clients() {
    AwsClients.Builder builder = AwsClients.builder().threadNamePrefix("millrace-leases");
    if (file == null) {
      return builder
          .credentialsProvider(credentials())
          .regionName(region == null && endpoint != null ? "us-east-1" : region)
          .dynamoDbEndpoint(endpoint)
          .build();
    }
    KinesisClientLibConfiguration worker = configured(null);
    return builder
        .credentialsProvider(credentials())
        .regionName(worker.getRegionName().orElse(null))
        .dynamoDbEndpoint(worker.getDynamoDBEndpoint().orElse(null))
        .build();
  }

  private AwsCredentialsProvider credentials() {
    return credentials == null ? DefaultCredentialsProvider.create() : credentials;
  }

  /**
   * @param err for warnings; null if they have been said
   */
  private KinesisClientLibConfiguration configured(PrintWriter err) {
    PipelineConfig config =
        ConfigFiles.read(file, err == null ? new PrintWriter(Writer.nullWriter()) : err);
    return ConfigFiles.refusing(
        () ->
            ConnectorApplication.workerConfiguration(
                config, ConfigFiles.aws(new SimpleMeterRegistry())));
  }

  /** Whether a pending checkpoint's state was made by a sink. */
  static boolean isOfSink(byte[] state) {
    return new String(state, StandardCharsets.UTF_8).contains(MARK_OF_SINKS);
  }

  static boolean isOfSink(PendingCheckpoint pending) {
    return pending.state() != null && isOfSink(pending.state());
  }
}
