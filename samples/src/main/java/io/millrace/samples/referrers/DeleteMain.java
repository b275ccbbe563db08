package io.millrace.samples.referrers;

import io.millrace.kcl.aws.AwsClients;
import io.millrace.lease.Application;
import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.dynamodb.DynamoDbLeaseStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/**
 * Deletes what the referrer counter made: the stream and both tables. Without {@code --yes} it says
 * what it would delete and deletes nothing. A table that is not what its name says is refused, and
 * then nothing is deleted.
 *
 * <p>Takes {@code --yes} and the options of {@link Resources}.
 */
public final class DeleteMain {

  private final Resources resources;
  private final KinesisAsyncClient kinesis;
  private final DynamoDbAsyncClient dynamoDb;

  private DeleteMain(Resources resources, AwsClients clients) {
    this.resources = resources;
    this.kinesis = clients.kinesis();
    this.dynamoDb = clients.dynamoDb();
  }

  /** Something to delete, and how. */
  private record Doomed(String name, Runnable deletion) {}

  public static void main(String[] args) {
    MainOptions options;
    Resources resources;
    try {
      options = MainOptions.parse(args, Resources.OPTIONS, List.of("yes"));
      resources = Resources.of(options);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    try (AwsClients clients = resources.clients("delete")) {
      new DeleteMain(resources, clients).run(options.flag("yes"));
    } catch (IllegalStateException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  private void run(boolean sure) {
    List<Doomed> doomed = new ArrayList<>();
    leaseTable().ifPresent(doomed::add);
    countsTable().ifPresent(doomed::add);
    stream().ifPresent(doomed::add);
    if (doomed.isEmpty()) {
      System.out.println("There is nothing to delete " + resources.where() + ".");
      return;
    }
    for (Doomed d : doomed) {
      if (sure) {
        d.deletion().run();
      }
      System.out.println((sure ? "Deleted " : "Would delete ") + d.name());
    }
    if (!sure) {
      System.out.println("Nothing was deleted. Add --yes to delete it.");
    }
  }

  private Optional<Doomed> leaseTable() {
    String table = resources.application();
    Optional<TableDescription> found = table(table);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    Optional<Application> application;
    try {
      application =
          DynamoDbLeaseStore.builder(dynamoDb, table)
              .build()
              .readApplication()
              .toCompletableFuture()
              .join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof LeaseStoreException cause) {
        throw refused(table, "it cannot be read as a lease table: " + cause.getMessage());
      }
      throw e;
    }
    String stream = application.map(DeleteMain::streamName).orElse(null);
    if (!resources.stream().equals(stream)) {
      throw refused(
          table,
          stream == null
              ? "it is not the lease table of an application"
              : "it belongs to stream " + stream + ", not to " + resources.stream());
    }
    return Optional.of(new Doomed("table " + table + " (leases)", () -> deleteTable(table)));
  }

  private static String streamName(Application application) {
    String arn = application.streamArn();
    return arn.substring(arn.lastIndexOf('/') + 1);
  }

  private Optional<Doomed> countsTable() {
    String table = resources.countsTable();
    Optional<TableDescription> found = table(table);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    String keys =
        found.get().keySchema().stream()
            .map(KeySchemaElement::attributeName)
            .collect(Collectors.joining(", "));
    if (!keys.equals("resource, at")) {
      throw refused(table, "its key is " + keys + ", that of a table of counts is resource, at");
    }
    return Optional.of(new Doomed("table " + table + " (counts)", () -> deleteTable(table)));
  }

  private static IllegalStateException refused(String table, String why) {
    return new IllegalStateException(
        "Table " + table + " is not deleted: " + why + ". Nothing was deleted.");
  }

  private Optional<TableDescription> table(String table) {
    try {
      return Optional.of(dynamoDb.describeTable(t -> t.tableName(table)).join().table());
    } catch (CompletionException e) {
      if (e.getCause()
          instanceof software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private void deleteTable(String table) {
    dynamoDb.deleteTable(t -> t.tableName(table)).join();
    try (var waiter = dynamoDb.waiter()) {
      waiter.waitUntilTableNotExists(t -> t.tableName(table)).join();
    }
  }

  private Optional<Doomed> stream() {
    String stream = resources.stream();
    try {
      int shards =
          kinesis
              .describeStreamSummary(d -> d.streamName(stream))
              .join()
              .streamDescriptionSummary()
              .openShardCount();
      return Optional.of(
          new Doomed("stream " + stream + " (" + shards + " open shards)", this::deleteStream));
    } catch (CompletionException e) {
      if (e.getCause() instanceof ResourceNotFoundException) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private void deleteStream() {
    kinesis.deleteStream(d -> d.streamName(resources.stream())).join();
    try (var waiter = kinesis.waiter()) {
      waiter.waitUntilStreamNotExists(d -> d.streamName(resources.stream())).join();
    }
  }
}
