package io.millrace.connectors.application;

import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.connectors.config.PipelineKeys.Source;
import io.millrace.connectors.config.Stage;
import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.aws.AwsClients;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardFilterType;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;

/** Reaches for everything that a pipeline needs, and changes nothing. */
final class Checks {

  private static final int SECONDS = 15;

  private final KinesisClientLibConfiguration worker;
  private final List<Finding> findings = new ArrayList<>();

  private Checks(KinesisClientLibConfiguration worker) {
    this.worker = worker;
  }

  static List<Finding> run(Stage stage, Setting setting) {
    PipelineConfig config = stage.config();
    Checks checks = new Checks(setting.worker());
    StepChain.of(config, setting.worker().getStreamName());
    try (AwsClients clients =
        AwsClients.builder()
            .credentialsProvider(setting.surroundings().credentials())
            .regionName(setting.surroundings().region())
            .kinesisEndpoint(setting.worker().getKinesisEndpoint().orElse(null))
            .dynamoDbEndpoint(setting.worker().getDynamoDBEndpoint().orElse(null))
            .threadNamePrefix("millrace-check")
            .build()) {
      checks.stream(clients.kinesis(), stage.createsStream());
      checks.leaseTable(clients, config.source().get(Source.CREATE_LEASE_TABLE));
    }
    checks.findings.addAll(
        config.sink().provider().check(config.sink().values(), setting.surroundings()));
    config
        .deadLetter()
        .ifPresent(
            chosen ->
                checks.findings.addAll(
                    chosen.provider().check(chosen.values(), setting.surroundings())));
    return checks.findings;
  }

  private void stream(KinesisAsyncClient kinesis, boolean create) {
    String name = worker.getStreamName();
    String what = "stream " + name;
    try {
      StreamDescriptionSummary stream =
          await(kinesis.describeStreamSummary(r -> r.streamName(name))).streamDescriptionSummary();
      findings.add(
          Finding.good(
              what
                  + " is "
                  + stream.streamStatusAsString()
                  + ", with "
                  + stream.openShardCount()
                  + " open shards and a retention of "
                  + stream.retentionPeriodHours()
                  + " h"));
      Shard shard =
          await(
                  kinesis.listShards(
                      r ->
                          r.streamName(name)
                              .maxResults(1)
                              .shardFilter(f -> f.type(ShardFilterType.AT_LATEST))))
              .shards()
              .get(0);
      String iterator =
          await(
                  kinesis.getShardIterator(
                      r ->
                          r.streamName(name)
                              .shardId(shard.shardId())
                              .shardIteratorType(ShardIteratorType.LATEST)))
              .shardIterator();
      GetRecordsResponse records =
          await(kinesis.getRecords(r -> r.shardIterator(iterator).limit(1)));
      findings.add(
          Finding.good(
              what
                  + " can be read: "
                  + shard.shardId()
                  + " gave "
                  + records.records().size()
                  + " records"));
    } catch (Unreachable e) {
      if (isMissing(e) && create) {
        findings.add(
            Finding.good(
                what
                    + " does not exist yet; the first start creates it, which needs"
                    + " kinesis:CreateStream (not tried here)"));
        return;
      }
      findings.add(
          Finding.bad(
              what
                  + " in "
                  + worker.getRegionName().orElse("")
                  + ": "
                  + e.getMessage()
                  + advice(
                      e,
                      "correct source.stream or source.region, or create the stream",
                      "allow kinesis:DescribeStreamSummary, kinesis:ListShards,"
                          + " kinesis:GetShardIterator and kinesis:GetRecords on it")));
    }
  }

  private void leaseTable(AwsClients clients, boolean create) {
    String name = worker.getTableName();
    String what = "lease table " + name;
    try {
      TableDescription table =
          await(clients.dynamoDb().describeTable(r -> r.tableName(name))).table();
      boolean fits =
          table.keySchema().size() == 1
              && table.keySchema().get(0).attributeName().equals("leaseKey")
              && table.keySchema().get(0).keyType() == KeyType.HASH;
      if (!fits) {
        findings.add(
            Finding.bad(
                what
                    + " is no lease table: its key is not leaseKey alone; name another"
                    + " source.application or source.leaseTable"));
        return;
      }
      await(
          clients
              .dynamoDb()
              .getItem(
                  r ->
                      r.tableName(name)
                          .key(Map.of("leaseKey", AttributeValue.fromS("$application")))));
      findings.add(Finding.good(what + " is " + table.tableStatusAsString() + " and can be read"));
    } catch (Unreachable e) {
      if (e.getCause() instanceof ResourceNotFoundException && create) {
        findings.add(
            Finding.good(
                what
                    + " does not exist yet; the first start creates it, which needs"
                    + " dynamodb:CreateTable (not tried here)"));
        return;
      }
      findings.add(
          Finding.bad(
              what
                  + ": "
                  + e.getMessage()
                  + advice(
                      e,
                      "create it, or say source.createLeaseTable: true",
                      "allow what docs/iam.md lists on it")));
    }
  }

  private static boolean isMissing(Unreachable e) {
    return e.getCause() instanceof AwsServiceException answer
        && answer.awsErrorDetails() != null
        && "ResourceNotFoundException".equals(answer.awsErrorDetails().errorCode());
  }

  private static String advice(Unreachable e, String missing, String refused) {
    if (!(e.getCause() instanceof AwsServiceException answer)) {
      return "; look at the endpoint, the network and the credentials";
    }
    String code = answer.awsErrorDetails() == null ? "" : answer.awsErrorDetails().errorCode();
    return switch (code == null ? "" : code) {
      case "ResourceNotFoundException" -> "; " + missing;
      case "AccessDeniedException" -> "; " + refused;
      case "UnrecognizedClientException",
          "InvalidSignatureException",
          "ExpiredTokenException",
          "MissingAuthenticationTokenException" ->
          "; look at the credentials";
      default -> "; try again, and look at the message";
    };
  }

  /** Something did not answer as it should. */
  private static final class Unreachable extends Exception {
    private static final long serialVersionUID = 1L;

    Unreachable(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private static <T> T await(CompletableFuture<T> answer) throws Unreachable {
    try {
      return answer.orTimeout(SECONDS, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof TimeoutException) {
        throw new Unreachable("no answer within " + SECONDS + " s", cause);
      }
      String message =
          cause instanceof AwsServiceException answered && answered.awsErrorDetails() != null
              ? answered.awsErrorDetails().errorCode()
                  + ", "
                  + answered.awsErrorDetails().errorMessage()
              : String.valueOf(cause.getMessage());
      throw new Unreachable(message, cause);
    }
  }
}
