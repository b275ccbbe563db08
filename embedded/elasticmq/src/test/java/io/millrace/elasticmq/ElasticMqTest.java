package io.millrace.elasticmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ElasticMqTest {

  @Test
  void a_queue_gives_what_it_was_sent_and_the_process_ends_on_close() throws Exception {
    ProcessHandle child;
    try (ElasticMq sqs = ElasticMq.start()) {
      child = ProcessHandle.of(sqs.pid()).orElseThrow();

      String made = call(sqs, "CreateQueue", "{\"QueueName\":\"letters\"}");
      String url = made.replaceAll("(?s).*\"QueueUrl\"\\s*:\\s*\"([^\"]*)\".*", "$1");
      assertThat(URI.create(url).getPort()).isEqualTo(sqs.endpoint().getPort());
      call(sqs, "SendMessage", "{\"QueueUrl\":\"" + url + "\",\"MessageBody\":\"dear reader\"}");
      assertThat(call(sqs, "ReceiveMessage", "{\"QueueUrl\":\"" + url + "\"}"))
          .contains("dear reader");
    }
    assertThat(child.isAlive()).isFalse();
  }

  @Test
  void a_port_that_is_taken_is_said() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> ElasticMq.start(taken.getLocalPort()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("port " + taken.getLocalPort() + " is taken");
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
