package io.millrace.connectors.dynamodb;

import io.millrace.connectors.config.Finding;
import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.time.Scheduler;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TableStatus;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveDescription;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;

/** The table: looked at, and created if that is asked for. Does not block. */
final class TargetTable {

  private static final Logger LOG = LoggerFactory.getLogger(TargetTable.class);

  private static final long LOOK_EVERY_MILLIS = 500;
  private static final int MOST_LOOKS = 240;

  private final DynamoDbAsyncClient client;
  private final String table;
  private final ItemMapping mapping;
  private final Scheduler scheduler;

  TargetTable(DynamoDbAsyncClient client, String table, ItemMapping mapping, Scheduler scheduler) {
    this.client = client;
    this.table = table;
    this.mapping = mapping;
    this.scheduler = scheduler;
  }

  /**
   * Looks whether the table has the mapping's key. Whether it exists and may be written to, the
   * writes themselves tell; so a worker need not be allowed to describe it.
   *
   * @return exceptionally with a {@link SinkException} if the key is another one
   */
  CompletionStage<Void> requireKey() {
    return describe()
        .<Void>handle(
            (description, error) -> {
              if (error != null) {
                Throwable cause = Failures.unwrap(error);
                if (Failures.code(cause).startsWith("AccessDenied")) {
                  LOG.info(
                      "Table '{}' cannot be described (dynamodb:DescribeTable is not allowed); its"
                          + " key is taken to be {}",
                      table,
                      wanted());
                  return null;
                }
                throw trouble(cause, "DescribeTable");
              }
              wrongKey(description)
                  .ifPresent(
                      why -> {
                        throw SinkException.needsSomebody(why, null);
                      });
              return null;
            });
  }

  /**
   * Creates the table if it is missing, waits until it can be written to, and switches on the
   * expiry of tombstones and markers on a table that it created.
   *
   * @param ttl the attribute that says when a row may go; null for none
   * @return whether this call created it; exceptionally with a {@link SinkException}
   */
  CompletionStage<Boolean> ensure(NewTable how, String ttl) {
    return look(how, ttl, false, 0);
  }

  private CompletionStage<Boolean> look(NewTable how, String ttl, boolean created, int looks) {
    return then(
        this::describe,
        description -> {
          Optional<String> wrong = wrongKey(description);
          if (wrong.isPresent()) {
            throw SinkException.needsSomebody(wrong.get(), null);
          }
          TableStatus status = description.tableStatus();
          if (status == TableStatus.ACTIVE || status == TableStatus.UPDATING) {
            return created ? expire(ttl) : CompletableFuture.completedFuture(false);
          }
          return lookAgain(how, ttl, created, looks, "it is " + description.tableStatusAsString());
        },
        error -> {
          if (error instanceof ResourceNotFoundException) {
            return created
                ? lookAgain(how, ttl, true, looks, "it is not visible yet")
                : create(how, ttl, looks);
          }
          throw trouble(error, "DescribeTable");
        });
  }

  private CompletionStage<Boolean> lookAgain(
      NewTable how, String ttl, boolean created, int looks, String why) {
    if (looks >= MOST_LOOKS) {
      throw SinkException.passing(
          "Table '"
              + table
              + "' cannot be used after "
              + MOST_LOOKS * LOOK_EVERY_MILLIS / 1_000
              + " s: "
              + why
              + ". Look at it in the console; start again when it is ACTIVE.",
          null);
    }
    CompletableFuture<Void> pause = new CompletableFuture<>();
    scheduler.schedule(() -> pause.complete(null), LOOK_EVERY_MILLIS);
    return pause.thenCompose(ignored -> look(how, ttl, created, looks + 1));
  }

  private CompletionStage<Boolean> create(NewTable how, String ttl, int looks) {
    return then(
        () -> client.createTable(creation(how)),
        response -> {
          LOG.info("Creating table '{}' with the key {}", table, wanted());
          return look(how, ttl, true, looks);
        },
        error -> {
          if (error instanceof ResourceInUseException) {
            return lookAgain(how, ttl, false, looks, "another worker creates it");
          }
          throw trouble(error, "CreateTable");
        });
  }

  private CreateTableRequest creation(NewTable how) {
    List<KeySchemaElement> schema = new ArrayList<>();
    List<AttributeDefinition> definitions = new ArrayList<>();
    for (AttributeMapping part : keyParts()) {
      schema.add(
          KeySchemaElement.builder()
              .attributeName(part.attribute())
              .keyType(schema.isEmpty() ? KeyType.HASH : KeyType.RANGE)
              .build());
      definitions.add(
          AttributeDefinition.builder()
              .attributeName(part.attribute())
              .attributeType(part.type().name())
              .build());
    }
    CreateTableRequest.Builder request =
        CreateTableRequest.builder()
            .tableName(table)
            .keySchema(schema)
            .attributeDefinitions(definitions)
            .billingMode(BillingMode.valueOf(how.billing().name()));
    if (how.billing() == Billing.PROVISIONED) {
      request.provisionedThroughput(
          throughput ->
              throughput.readCapacityUnits(how.readUnits()).writeCapacityUnits(how.writeUnits()));
    }
    return request.build();
  }

  private CompletionStage<Boolean> expire(String ttl) {
    if (ttl == null) {
      return CompletableFuture.completedFuture(true);
    }
    return then(
        () ->
            client.updateTimeToLive(
                request ->
                    request
                        .tableName(table)
                        .timeToLiveSpecification(
                            expiry -> expiry.attributeName(ttl).enabled(true))),
        response -> CompletableFuture.completedFuture(true),
        error -> {
          LOG.warn(
              "Table '{}' was created, but rows are not removed by their attribute '{}': switch on"
                  + " time to live for it ({})",
              table,
              ttl,
              error.getMessage());
          return CompletableFuture.completedFuture(true);
        });
  }

  /**
   * Looks at everything that can be seen without changing anything.
   *
   * @param ttl the attribute that says when a row may go; null for none
   * @param willCreate whether a missing table will be created
   * @param permissions that the sink uses for writing: {@code PutItem}, {@code UpdateItem}, {@code
   *     BatchWriteItem}
   */
  CompletionStage<List<Finding>> check(String ttl, boolean willCreate, List<String> permissions) {
    List<Finding> findings = new ArrayList<>();
    return then(
        this::describe,
        description -> {
          Optional<String> wrong = wrongKey(description);
          if (wrong.isPresent()) {
            findings.add(Finding.bad(wrong.get()));
            return CompletableFuture.completedFuture(findings);
          }
          findings.add(
              Finding.good(
                  "Table '"
                      + table
                      + "' is "
                      + description.tableStatusAsString()
                      + "; its key is "
                      + wanted()
                      + ", as the file says."));
          return checkExpiry(ttl, findings)
              .thenCompose(ignored -> checkPermissions(permissions, 0, findings))
              .thenApply(ignored -> findings);
        },
        error -> {
          if (error instanceof ResourceNotFoundException) {
            findings.add(
                willCreate
                    ? Finding.good(
                        "Table '"
                            + table
                            + "' does not exist and will be created with the key "
                            + wanted()
                            + ".")
                    : Finding.bad(
                        "Table '"
                            + table
                            + "' does not exist. Create it with the key "
                            + wanted()
                            + ", name another one in 'table' or 'region', or say 'createTable:"
                            + " true'."));
            return CompletableFuture.completedFuture(findings);
          }
          if (Failures.code(error).startsWith("AccessDenied")) {
            findings.add(
                Finding.good(
                    "Table '"
                        + table
                        + "' cannot be described, so its key was not compared: allow"
                        + " dynamodb:DescribeTable to have it compared."));
            return checkPermissions(permissions, 0, findings).thenApply(ignored -> findings);
          }
          findings.add(Finding.bad(trouble(error, "DescribeTable").getMessage()));
          return CompletableFuture.completedFuture(findings);
        });
  }

  private CompletionStage<Void> checkExpiry(String ttl, List<Finding> findings) {
    if (ttl == null) {
      return CompletableFuture.completedFuture(null);
    }
    return client
        .describeTimeToLive(request -> request.tableName(table))
        .handle(
            (response, error) -> {
              if (error != null) {
                findings.add(
                    Finding.good(
                        "Whether rows expire by attribute '"
                            + ttl
                            + "' cannot be seen: allow dynamodb:DescribeTimeToLive to have it"
                            + " checked."));
                return null;
              }
              TimeToLiveDescription expiry = response.timeToLiveDescription();
              boolean on =
                  expiry != null
                      && (expiry.timeToLiveStatus() == TimeToLiveStatus.ENABLED
                          || expiry.timeToLiveStatus() == TimeToLiveStatus.ENABLING)
                      && ttl.equals(expiry.attributeName());
              findings.add(
                  Finding.good(
                      on
                          ? "Rows expire by attribute '" + ttl + "'."
                          : "Rows do not expire by attribute '"
                              + ttl
                              + "': tombstones and markers stay for ever. Switch on time to live"
                              + " for that attribute."));
              return null;
            });
  }

  /** By writes whose condition no row can meet: they need the permission and change nothing. */
  private CompletionStage<Void> checkPermissions(
      List<String> permissions, int index, List<Finding> findings) {
    if (index == permissions.size()) {
      return CompletableFuture.completedFuture(null);
    }
    String permission = permissions.get(index);
    if (permission.equals("BatchWriteItem")) {
      findings.add(
          Finding.good(
              "Whether dynamodb:BatchWriteItem is allowed cannot be seen without writing."));
      return checkPermissions(permissions, index + 1, findings);
    }
    String partitionKey = mapping.partitionKey().attribute();
    String never = "attribute_exists(#pk) AND attribute_not_exists(#pk)";
    Map<String, String> names = Map.of("#pk", partitionKey);
    CompletableFuture<?> call =
        permission.equals("PutItem")
            ? client.putItem(
                request ->
                    request
                        .tableName(table)
                        .item(probeKey())
                        .conditionExpression(never)
                        .expressionAttributeNames(names))
            : client.updateItem(
                request ->
                    request
                        .tableName(table)
                        .key(probeKey())
                        .conditionExpression(never)
                        .expressionAttributeNames(names));
    return call.<Void>handle(
            (response, error) -> {
              Throwable cause = Failures.unwrap(error);
              findings.add(
                  cause instanceof ConditionalCheckFailedException
                      ? Finding.good("dynamodb:" + permission + " is allowed.")
                      : Finding.bad(explain(cause, permission)));
              return null;
            })
        .thenCompose(ignored -> checkPermissions(permissions, index + 1, findings));
  }

  private String explain(Throwable cause, String permission) {
    Verdict verdict = Failures.judge(cause, permission, table);
    return verdict instanceof Verdict.Trouble trouble
        ? trouble.why().getMessage()
        : permission + " into table '" + table + "' was refused: " + cause.getMessage();
  }

  private Map<String, AttributeValue> probeKey() {
    Map<String, AttributeValue> key = new LinkedHashMap<>();
    for (AttributeMapping part : keyParts()) {
      key.put(
          part.attribute(),
          switch (part.type()) {
            case N -> AttributeValue.fromN("0");
            case B ->
                AttributeValue.fromB(
                    software.amazon.awssdk.core.SdkBytes.fromUtf8String("$millrace"));
            default -> AttributeValue.fromS("$millrace");
          });
    }
    return key;
  }

  /** The key that the mapping makes, in words. */
  String wanted() {
    return keyParts().stream()
        .map(part -> part.attribute() + " (" + part.type() + ")")
        .collect(Collectors.joining(", "));
  }

  private List<AttributeMapping> keyParts() {
    List<AttributeMapping> parts = new ArrayList<>();
    parts.add(mapping.partitionKey());
    mapping.sortKey().ifPresent(parts::add);
    return parts;
  }

  private Optional<String> wrongKey(TableDescription description) {
    Map<String, String> types =
        description.attributeDefinitions().stream()
            .collect(
                Collectors.toMap(
                    AttributeDefinition::attributeName,
                    AttributeDefinition::attributeTypeAsString));
    String found =
        description.keySchema().stream()
            .sorted((a, b) -> a.keyTypeAsString().compareTo(b.keyTypeAsString())) // HASH, RANGE
            .map(part -> part.attributeName() + " (" + types.get(part.attributeName()) + ")")
            .collect(Collectors.joining(", "));
    return found.equals(wanted())
        ? Optional.empty()
        : Optional.of(
            "The key of table '"
                + table
                + "' is "
                + found
                + ", but partitionKey, sortKey and attributes make "
                + wanted()
                + ". Correct them, or name another table.");
  }

  private CompletableFuture<TableDescription> describe() {
    return client
        .describeTable(request -> request.tableName(table))
        .thenApply(response -> response.table());
  }

  private SinkException trouble(Throwable error, String operation) {
    Throwable cause = Failures.unwrap(error);
    if (cause instanceof SinkException known) {
      return known;
    }
    Verdict verdict = Failures.judge(cause, operation, table);
    return verdict instanceof Verdict.Trouble trouble
        ? trouble.why()
        : SinkException.passing(
            operation + " of table '" + table + "' was refused: " + cause.getMessage(), cause);
  }

  private static <A, R> CompletionStage<R> then(
      Supplier<CompletableFuture<A>> request,
      Function<A, CompletionStage<R>> answered,
      Function<Throwable, CompletionStage<R>> failed) {
    CompletableFuture<A> call;
    try {
      call = request.get();
    } catch (RuntimeException e) {
      call = CompletableFuture.failedFuture(e);
    }
    return call.handle(
            (response, error) ->
                error == null ? answered.apply(response) : failed.apply(Failures.unwrap(error)))
        .thenCompose(Function.identity());
  }
}
