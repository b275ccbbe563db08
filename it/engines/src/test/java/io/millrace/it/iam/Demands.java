package io.millrace.it.iam;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;

/**
 * Which actions a call needs, and on what.
 *
 * <p>Most operations have the name of their action. Those that have not are from the Service
 * Authorization Reference (docs.aws.amazon.com/service-authorization, the pages of DynamoDB,
 * Kinesis, S3 and SQS) and from "Required permissions for Amazon S3 API operations" in the S3 User
 * Guide (using-with-s3-policy-actions.html). An operation of S3 that is not in the table has no
 * action that any policy could allow, so that it is noticed.
 */
final class Demands {

  /** What has no place in a request, and what the samples of the documentation have. */
  private static final String ACCOUNT = "123456789012";

  // Each action on the object itself, unless it is an action on buckets. HeadObject has no action
  // of its own, and neither have the parts of an upload; a condition such as If-None-Match needs
  // no further action.
  private static final Map<String, List<String>> S3 =
      Map.ofEntries(
          Map.entry("PutObject", List.of("s3:PutObject")),
          Map.entry("CreateMultipartUpload", List.of("s3:PutObject")),
          Map.entry("UploadPart", List.of("s3:PutObject")),
          Map.entry("CompleteMultipartUpload", List.of("s3:PutObject")),
          Map.entry("UploadPartCopy", List.of("s3:PutObject")),
          Map.entry("AbortMultipartUpload", List.of("s3:AbortMultipartUpload")),
          Map.entry("ListParts", List.of("s3:ListMultipartUploadParts")),
          Map.entry("GetObject", List.of("s3:GetObject")),
          Map.entry("HeadObject", List.of("s3:GetObject")),
          Map.entry("DeleteObject", List.of("s3:DeleteObject")),
          Map.entry("HeadBucket", List.of("s3:ListBucket")),
          Map.entry("ListObjectsV2", List.of("s3:ListBucket")),
          Map.entry("ListMultipartUploads", List.of("s3:ListBucketMultipartUploads")));

  private static final List<String> S3_OF_BUCKETS =
      List.of("s3:ListBucket", "s3:ListBucketMultipartUploads");

  // a batch needs the action of its parts
  private static final Map<String, String> SQS =
      Map.of(
          "SendMessageBatch", "SendMessage",
          "DeleteMessageBatch", "DeleteMessage",
          "ChangeMessageVisibilityBatch", "ChangeMessageVisibility");

  /**
   * A call.
   *
   * @param region of the client
   * @param ofToken the stream that an iterator or a token came from; null if that is not known
   */
  record Call(String service, String operation, String region, SdkRequest request, String ofToken) {

    String text(String field) {
      return request.getValueForField(field, String.class).orElse(null);
    }
  }

  private final String role;
  private final Call call;
  private final List<Demand> demands = new ArrayList<>();

  private Demands(String role, Call call) {
    this.role = role;
    this.call = call;
  }

  static List<Demand> of(String role, Call call) {
    Demands demands = new Demands(role, call);
    switch (call.service()) {
      case "Kinesis" -> demands.kinesis();
      case "DynamoDb" -> demands.dynamoDb();
      case "S3" -> demands.s3();
      case "Sqs" -> demands.sqs();
      default -> demands.add(call.service() + ":" + call.operation(), "*");
    }
    return demands.demands;
  }

  /**
   * What is needed for S3 to answer that an object is not there; without it the answer is 403. From
   * the API reference of HeadObject and GetObject, "Permissions".
   */
  static Demand toLearnThatItIsMissing(String role, Call call) {
    return new Demand(
        role, "s3:ListBucket", bucket(call.text("Bucket")), call.operation() + ", answered 404");
  }

  private void add(String action, String resource) {
    demands.add(new Demand(role, action, resource, call.operation()));
  }

  private void kinesis() {
    String stream =
        Optional.ofNullable(call.text("StreamName"))
            .or(
                () ->
                    Optional.ofNullable(call.text("StreamARN"))
                        .map(arn -> arn.substring(arn.indexOf('/') + 1)))
            .orElse(call.ofToken());
    add(
        "kinesis:" + call.operation(),
        "arn:aws:kinesis:" + call.region() + ":" + ACCOUNT + ":stream/" + stream);
  }

  private void dynamoDb() {
    if (call.request() instanceof TransactWriteItemsRequest transaction) {
      transaction.transactItems().forEach(this::part);
    } else if (call.request() instanceof BatchWriteItemRequest batch) {
      batch.requestItems().keySet().forEach(name -> add("dynamodb:BatchWriteItem", table(name)));
    } else {
      String index = call.text("IndexName");
      add(
          "dynamodb:" + call.operation(),
          table(call.text("TableName")) + (index == null ? "" : "/index/" + index));
      if (call.request() instanceof CreateTableRequest creation && creation.hasTags()) {
        add("dynamodb:TagResource", table(creation.tableName()));
      }
    }
  }

  /** A transaction has no action of its own. */
  private void part(TransactWriteItem part) {
    if (part.put() != null) {
      add("dynamodb:PutItem", table(part.put().tableName()));
    }
    if (part.update() != null) {
      add("dynamodb:UpdateItem", table(part.update().tableName()));
    }
    if (part.delete() != null) {
      add("dynamodb:DeleteItem", table(part.delete().tableName()));
    }
    if (part.conditionCheck() != null) {
      add("dynamodb:ConditionCheckItem", table(part.conditionCheck().tableName()));
    }
  }

  private String table(String name) {
    return "arn:aws:dynamodb:" + call.region() + ":" + ACCOUNT + ":table/" + name;
  }

  private void s3() {
    String bucket =
        call.text("Bucket") == null ? call.text("DestinationBucket") : call.text("Bucket");
    String key = call.text("Key") == null ? call.text("DestinationKey") : call.text("Key");
    List<String> actions =
        S3.getOrDefault(call.operation(), List.of("s3:(unknown)" + call.operation()));
    for (String action : actions) {
      add(action, S3_OF_BUCKETS.contains(action) ? bucket(bucket) : bucket(bucket) + "/" + key);
    }
    if (call.operation().equals("UploadPartCopy")) {
      String source = call.text("CopySource");
      add(
          "s3:GetObject",
          source == null
              ? bucket(call.text("SourceBucket")) + "/" + call.text("SourceKey")
              : "arn:aws:s3:::" + source);
    }
    if (call.text("Tagging") != null) {
      add("s3:PutObjectTagging", bucket(bucket) + "/" + key);
    }
    if (call.text("ACL") != null) {
      add("s3:PutObjectAcl", bucket(bucket) + "/" + key);
    }
  }

  private static String bucket(String name) {
    return "arn:aws:s3:::" + name;
  }

  private void sqs() {
    String url = call.text("QueueUrl");
    String queue = url == null ? call.text("QueueName") : url.substring(url.lastIndexOf('/') + 1);
    add(
        "sqs:" + SQS.getOrDefault(call.operation(), call.operation()),
        "arn:aws:sqs:" + call.region() + ":" + ACCOUNT + ":" + queue);
  }
}
