package io.millrace.elasticmq;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ElasticMqTest {

  @Test
  void a_queue_gives_what_it_was_sent() throws Exception {
    try (ElasticMq sqs = ElasticMq.start()) {
      String made = call(sqs, "CreateQueue", "{\"QueueName\":\"letters\"}");
      String url = made.replaceAll("(?s).*\"QueueUrl\"\\s*:\\s*\"([^\"]*)\".*", "$1");
      assertThat(URI.create(url).getPort()).isEqualTo(sqs.endpoint().getPort());
      call(sqs, "SendMessage", "{\"QueueUrl\":\"" + url + "\",\"MessageBody\":\"dear reader\"}");
      assertThat(call(sqs, "ReceiveMessage", "{\"QueueUrl\":\"" + url + "\"}"))
          .contains("dear reader");
    }
  }

  private static String call(ElasticMq sqs, String action, String body) throws Exception {
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(sqs.endpoint())
                    .timeout(Duration.ofSeconds(30))
                    .header("Content-Type", "application/x-amz-json-1.0")
                    .header("X-Amz-Target", "AmazonSQS." + action)
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }
}
