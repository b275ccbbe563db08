package io.millrace.connectors.redshift;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What Amazon's driver calls for a login with IAM: the part of the Redshift API (query protocol)
 * and of Redshift Serverless (JSON) that gives temporary users and passwords. They are roles of the
 * database behind the stand-in, which checks them; every answer has a new password, and the one
 * before is void. Requests whose signature does not fit are refused.
 */
final class FakeRedshiftApi implements AutoCloseable {
  private static final String ACCESS_KEY_ID = "AKIDEXAMPLE";

  /** With which every request has to be signed. */
  static final String SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

  /**
   * A call.
   *
   * @param parameters of the query protocol, or the whole body as {@code body}
   */
  record Call(String action, Map<String, String> parameters, String region, String sessionToken) {}

  private final HttpServer server;
  private final String postgresUrl;
  private final String member;
  private final List<Call> calls = new CopyOnWriteArrayList<>();
  private volatile Duration lifetime = Duration.ofHours(1);
  private volatile String refusal;

  /**
   * @param member of which role temporary users are members
   */
  FakeRedshiftApi(String postgresUrl, String member) throws IOException {
    this.postgresUrl = postgresUrl;
    this.member = member;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    server.createContext("/", this::handle);
    server.start();
  }

  static String accessKeyId() {
    return ACCESS_KEY_ID;
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** How long what is given from now on is good, as the answers say. */
  void lifetime(Duration duration) {
    this.lifetime = duration;
  }

  /** Refuses everything from now on with this code. */
  void refuse(String code) {
    this.refusal = code;
  }

  List<Call> calls(String action) {
    return calls.stream().filter(c -> c.action().equals(action)).toList();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      String target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
      boolean json = target != null;
      Map<String, String> parameters = json ? Map.of("body", body) : form(body);
      String action = json ? target.substring(target.indexOf('.') + 1) : parameters.get("Action");
      Signature signature = Signature.of(exchange, body);
      calls.add(
          new Call(
              action,
              parameters,
              signature.region(),
              exchange.getRequestHeaders().getFirst("X-Amz-Security-Token")));
      if (!signature.isGood()) {
        refuse(exchange, json, 403, "SignatureDoesNotMatch", "The signature does not match");
      } else if (refusal != null) {
        refuse(
            exchange,
            json,
            refusal.equals("Throttling") ? 400 : 403,
            refusal,
            "User: arn:aws:iam::123456789012:user/millrace is not authorized to perform: redshift:"
                + action);
      } else {
        answer(exchange, action, parameters);
      }
    } catch (SQLException | GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private void answer(HttpExchange exchange, String action, Map<String, String> parameters)
      throws IOException, SQLException {
    switch (action) {
      case "GetClusterCredentials", "GetClusterCredentialsWithIAM" -> {
        if (parameters.containsKey("CustomDomainName")
            || !parameters.containsKey("ClusterIdentifier")) {
          // what the service says, whose words the driver's users report
          refuse(
              exchange,
              false,
              400,
              "InvalidParameterCombination",
              "To use get credentials, you must provide an active custom domain name.");
          return;
        }
        String user = "IAM:" + parameters.getOrDefault("DbUser", "federated");
        reply(
            exchange,
            200,
            "<%1$sResponse><%1$sResult><DbUser>%2$s</DbUser><DbPassword>%3$s</DbPassword><Expiration>%4$s</Expiration></%1$sResult></%1$sResponse>"
                .formatted(action, user, newPassword(user), Instant.now().plus(lifetime)));
      }
      case "GetCredentials" -> {
        String user = "IAM:millrace";
        reply(
            exchange,
            200,
            "{\"dbUser\":\"%s\",\"dbPassword\":\"%s\",\"expiration\":%d}"
                .formatted(user, newPassword(user), Instant.now().plus(lifetime).getEpochSecond()));
      }
      case "DescribeClusters" ->
          reply(
              exchange,
              200,
              "<DescribeClustersResponse><DescribeClustersResult><Clusters><Cluster><Endpoint><Address>127.0.0.1</Address><Port>1</Port></Endpoint></Cluster></Clusters></DescribeClustersResult></DescribeClustersResponse>");
      case "DescribeCustomDomainAssociations" ->
          refuse(exchange, false, 404, "CustomDomainAssociationNotFoundFault", "There is none");
      default -> refuse(exchange, false, 400, "InvalidAction", action);
    }
  }

  private String newPassword(String user) throws SQLException {
    String password = "p" + UUID.randomUUID();
    try (Connection connection = DriverManager.getConnection(postgresUrl);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%1$s') THEN CREATE ROLE \"%1$s\" LOGIN IN ROLE \"%2$s\"; END IF; END $$"
              .formatted(user, member));
      statement.execute("ALTER ROLE \"%s\" PASSWORD '%s'".formatted(user, password));
    }
    return password;
  }

  private static void refuse(
      HttpExchange exchange, boolean json, int status, String code, String message)
      throws IOException {
    reply(
        exchange,
        status,
        json
            ? "{\"__type\":\"%s\",\"message\":\"%s\"}".formatted(code, message)
            : "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>"
                .formatted(code, message));
  }

  private static void reply(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static Map<String, String> form(String body) {
    return Arrays.stream(body.split("&"))
        .map(pair -> pair.split("=", 2))
        .collect(Collectors.toMap(p -> p[0], p -> URLDecoder.decode(p[1], StandardCharsets.UTF_8)));
  }

  @Override
  public void close() {
    server.stop(0);
  }

  /** AWS signature version 4, of a request without a query. */
  private record Signature(String region, boolean isGood) {

    static Signature of(HttpExchange exchange, String body) throws GeneralSecurityException {
      String header = exchange.getRequestHeaders().getFirst("Authorization");
      Map<String, String> parts = new TreeMap<>();
      for (String part : header.substring(header.indexOf(' ') + 1).split(",\\s*")) {
        parts.put(part.substring(0, part.indexOf('=')), part.substring(part.indexOf('=') + 1));
      }
      String[] scope = parts.get("Credential").split("/", 2);
      String[] scopes = scope[1].split("/");
      StringBuilder canonical = new StringBuilder("POST\n/\n\n");
      for (String name : parts.get("SignedHeaders").split(";")) {
        canonical
            .append(name.toLowerCase(Locale.ROOT))
            .append(':')
            .append(exchange.getRequestHeaders().getFirst(name).strip().replaceAll(" +", " "))
            .append('\n');
      }
      canonical.append('\n').append(parts.get("SignedHeaders")).append('\n').append(hash(body));
      String toSign =
          "AWS4-HMAC-SHA256\n"
              + exchange.getRequestHeaders().getFirst("X-Amz-Date")
              + "\n"
              + scope[1]
              + "\n"
              + hash(canonical.toString());
      byte[] key = ("AWS4" + SECRET).getBytes(StandardCharsets.UTF_8);
      for (String part : scopes) {
        key = hmac(key, part);
      }
      boolean good =
          scope[0].equals(ACCESS_KEY_ID)
              && HexFormat.of().formatHex(hmac(key, toSign)).equals(parts.get("Signature"));
      return new Signature(scopes[1], good);
    }

    private static String hash(String text) throws GeneralSecurityException {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }
  }
}
