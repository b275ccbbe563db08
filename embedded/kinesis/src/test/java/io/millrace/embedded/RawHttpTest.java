package io.millrace.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * What the clients of the AWS SDK do not show: bytes, headers and requests that they never send.
 */
class RawHttpTest {
  private static final String JSON = "application/x-amz-json-1.1";
  private static final String CBOR = "application/x-amz-cbor-1.1";
  private static final ObjectMapper json = new ObjectMapper();
  private static final ObjectMapper cbor = new ObjectMapper(new CBORFactory());
  private static final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static EmbeddedKinesis kinesis;

  @BeforeAll
  static void start() {
    kinesis =
        EmbeddedKinesis.builder()
            .clock(new ManualClock(Instant.parse("2026-03-01T12:00:00.250Z")))
            .start();
    kinesis.createStream("s", 1);
    kinesis.put("s", "k", "hello".getBytes(StandardCharsets.UTF_8));
  }

  @AfterAll
  static void stop() {
    kinesis.close();
  }

  @Test
  void a_client_that_is_gone_is_no_warning_whatever_it_was_about_to_say() throws Exception {
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
    Logger protocol = (Logger) LoggerFactory.getLogger("io.millrace.embedded.protocol");
    root.addAppender(lines);
    protocol.setLevel(Level.DEBUG);
    protocol.setAdditive(false); // nobody needs to read them
    protocol.addAppender(lines);
    try {
      for (String said : List.of("", "POST / HT")) {
        int before = lines.list.size();
        try (Socket client =
            new Socket(InetAddress.getLoopbackAddress(), kinesis.endpoint().getPort())) {
          client.getOutputStream().write(said.getBytes(StandardCharsets.US_ASCII));
          client.setSoLinger(true, 0); // a reset, as when a process is killed
        }
        await().until(() -> lines.list.size() > before);
      }
    } finally {
      root.detachAppender(lines);
      protocol.detachAppender(lines);
      protocol.setAdditive(true);
      protocol.setLevel(null);
    }
    assertThat(List.copyOf(lines.list)).allMatch(line -> line.getLevel() == Level.DEBUG);
  }

  @Test
  void every_answer_has_a_request_id_and_the_date_of_the_servers_clock() throws Exception {
    HttpResponse<byte[]> good = call(JSON, "ListStreams", "{}");
    HttpResponse<byte[]> bad = call(JSON, "Nonsense", "{}");

    for (HttpResponse<byte[]> answer : List.of(good, bad)) {
      assertThat(answer.headers().firstValue("x-amzn-RequestId")).isPresent();
      assertThat(answer.headers().firstValue("Content-Type")).contains(JSON);
      assertThat(answer.headers().firstValue("Date")).contains("Sun, 01 Mar 2026 12:00:00 GMT");
    }
  }

  @Test
  void json_has_base64_data_and_seconds_with_a_fraction() throws Exception {
    JsonNode iterator =
        json.readTree(
            call(
                    JSON,
                    "GetShardIterator",
                    "{'StreamName':'s','ShardId':'shardId-000000000000',"
                        + "'ShardIteratorType':'AT_TIMESTAMP','Timestamp':1772366400.25}")
                .body());
    HttpResponse<byte[]> answer =
        call(
            JSON,
            "GetRecords",
            "{'ShardIterator':'" + iterator.get("ShardIterator").asText() + "'}");

    String text = new String(answer.body(), StandardCharsets.UTF_8);
    assertThat(text)
        .contains("\"ApproximateArrivalTimestamp\":1772366400.250")
        .contains("\"Data\":\"aGVsbG8=\"");
  }

  @Test
  void cbor_has_tagged_milliseconds() throws Exception {
    byte[] body = call(CBOR, "DescribeStreamSummary", cbor("{'StreamName':'s'}")).body();

    byte[] name = "StreamCreationTimestamp".getBytes(StandardCharsets.UTF_8);
    int at =
        new String(body, StandardCharsets.ISO_8859_1)
                .indexOf(new String(name, StandardCharsets.ISO_8859_1))
            + name.length;
    assertThat(body[at] & 0xff).as("tag 1: epoch").isEqualTo(0xc1);
    assertThat(body[at + 1] & 0xff).as("unsigned, 8 bytes").isEqualTo(0x1b);
    JsonNode parsed = cbor.readTree(body);
    assertThat(parsed.get("StreamDescriptionSummary").get("StreamCreationTimestamp").longValue())
        .isEqualTo(1_772_366_400_250L);
  }

  @Test
  void errors_have_their_shape_in_the_protocol_of_the_request() throws Exception {
    assertError(call(JSON, "Nonsense", "{}"), "UnknownOperationException");
    assertError(call(CBOR, "Nonsense", cbor("{}")), "UnknownOperationException");
    assertError(call(JSON, null, "{}"), "UnknownOperationException");
    assertError(call(CBOR, null, cbor("{}")), "UnknownOperationException");
    assertError(call(JSON, "ListStreams", "{"), "SerializationException");
    assertError(call(JSON, "ListStreams", ""), "SerializationException");
    assertError(call(JSON, "ListStreams", "[]"), "SerializationException");
    assertError(call(CBOR, "ListStreams", new byte[] {(byte) 0xbf}), "SerializationException");
    assertError(call(JSON, "ListStreams", "{'Limit':'many'}"), "SerializationException");
    assertError(call(JSON, "ListStreams", "{'Limit':0}"), "ValidationException");
    assertError(call(JSON, "DescribeStream", "{'StreamName':7}"), "SerializationException");
    assertError(call(JSON, "DescribeStream", "{}"), "InvalidArgumentException");
    assertError(
        call(JSON, "PutRecord", "{'StreamName':'s','PartitionKey':'k','Data':'?'}"),
        "SerializationException");
    assertError(
        call(
            JSON,
            "GetShardIterator",
            "{'StreamName':'s','ShardId':'shardId-000000000000','ShardIteratorType':'SOMEWHERE'}"),
        "ValidationException");
  }

  @Test
  void unknown_fields_and_a_charset_are_no_trouble() throws Exception {
    HttpResponse<byte[]> answer =
        call(JSON + "; charset=UTF-8", "DescribeStream", "{'StreamName':'s','Colour':{'a':[1]}}");

    assertThat(answer.statusCode()).isEqualTo(200);
  }

  @Test
  void a_request_that_is_no_post_or_has_no_known_content_type_gets_an_error() throws Exception {
    HttpResponse<byte[]> get =
        http.send(
            HttpRequest.newBuilder(kinesis.endpoint()).build(),
            HttpResponse.BodyHandlers.ofByteArray());

    assertError(get, "UnknownOperationException");
    assertError(call("text/plain", "ListStreams", "{}"), "UnknownOperationException");
  }

  @Test
  void a_client_of_http_1_0_gets_its_answer_and_the_end_of_the_connection() throws Exception {
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), kinesis.endpoint().getPort())) {
      String request =
          "POST / HTTP/1.0\r\nContent-Type: "
              + JSON
              + "\r\nX-Amz-Target: Kinesis_20131202.ListStreams\r\nContent-Length: 2\r\n\r\n{}";
      // in two pieces: the first is too short to tell the protocol
      socket.getOutputStream().write(request.substring(0, 2).getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      socket.getOutputStream().write(request.substring(2).getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();

      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertThat(answer).startsWith("HTTP/1.1 200").contains("\"StreamNames\":[\"s\"]");
    }
  }

  @Test
  void a_taken_port_is_said_in_one_sentence() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      assertThatThrownBy(() -> EmbeddedKinesis.builder().port(port).start())
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "The embedded Kinesis cannot start: port %d on 127.0.0.1 is taken; choose another"
                  + " one, or 0 for any free one.",
              port);
    }
  }

  @Test
  void a_closed_server_frees_its_port_for_the_next_one() {
    EmbeddedKinesis first = EmbeddedKinesis.start();
    int port = first.endpoint().getPort();
    first.close();
    first.close();

    try (EmbeddedKinesis second = EmbeddedKinesis.builder().port(port).start()) {
      assertThat(second.endpoint().getPort()).isEqualTo(port);
    }
  }

  private static void assertError(HttpResponse<byte[]> answer, String type) throws Exception {
    boolean isCbor = answer.headers().firstValue("Content-Type").orElseThrow().equals(CBOR);
    JsonNode body = (isCbor ? cbor : json).readTree(answer.body());
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(body.get("__type").asText()).isEqualTo(type);
    assertThat(body.get("message").asText()).isNotBlank();
  }

  private static byte[] cbor(String singleQuoted) throws Exception {
    return cbor.writeValueAsBytes(json.readTree(singleQuoted.replace('\'', '"')));
  }

  private static HttpResponse<byte[]> call(String type, String operation, String singleQuoted)
      throws Exception {
    return call(type, operation, singleQuoted.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static HttpResponse<byte[]> call(String type, String operation, byte[] body)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(kinesis.endpoint())
            .header("Content-Type", type)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (operation != null) {
      request.header("X-Amz-Target", "Kinesis_20131202." + operation);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }
}
