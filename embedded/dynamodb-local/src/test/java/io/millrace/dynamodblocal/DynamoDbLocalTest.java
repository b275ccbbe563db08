package io.millrace.dynamodblocal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

class DynamoDbLocalTest {

  @Test
  void it_lists_its_tables_once_started() throws Exception {
    try (DynamoDbLocal dynamoDb = DynamoDbLocal.start()) {
      HttpResponse<String> answer = call(dynamoDb, "ListTables", "{}");

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).contains("\"TableNames\"");
    }
  }

  @Test
  void a_taken_port_is_said_in_one_sentence() throws Exception {
    try (ServerSocket taken = new ServerSocket(0)) {
      assertThatThrownBy(() -> DynamoDbLocal.start(taken.getLocalPort()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "DynamoDB Local cannot start: port %d is taken; choose another one, or 0 for any free"
                  + " one.",
              taken.getLocalPort());
    }
  }

  private static HttpResponse<String> call(DynamoDbLocal dynamoDb, String operation, String body)
      throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(dynamoDb.endpoint())
            .header("Content-Type", "application/x-amz-json-1.0")
            .header("X-Amz-Target", "DynamoDB_20120810." + operation)
            .header(
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=fake/20260101/us-east-1/dynamodb/aws4_request,"
                    + " SignedHeaders=host, Signature=0")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
  }
}
