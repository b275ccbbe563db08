package io.millrace.embedded.redshift;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * Reads objects and lists keys over plain HTTP, without signatures: the S3 of a test takes any
 * credentials. Safe for use by several threads.
 */
final class S3Objects {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** A bucket and a key, or the beginning of keys. */
  record Place(String bucket, String key) {
    static Place of(String url) {
      String rest = url.substring("s3://".length());
      int slash = rest.indexOf('/');
      if (slash <= 0) {
        throw new Refusal(
            Refusal.INTERNAL_ERROR, "Invalid S3 URL '" + url + "': expected s3://bucket/key");
      }
      return new Place(rest.substring(0, slash), rest.substring(slash + 1));
    }

    String url() {
      return "s3://" + bucket + "/" + key;
    }
  }

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(PATIENCE).version(HttpClient.Version.HTTP_1_1).build();
  private final URI endpoint;

  S3Objects(URI endpoint) {
    this.endpoint = endpoint;
  }

  /** The content of an object; null if there is none. */
  InputStream open(Place place) throws IOException {
    HttpResponse<InputStream> answer = get("/" + place.bucket() + "/" + path(place.key()));
    if (answer.statusCode() == 200) {
      return answer.body();
    }
    String body = text(answer);
    if (answer.statusCode() == 404 && !body.contains("NoSuchBucket")) {
      return null;
    }
    throw failed(place.url(), answer.statusCode(), body);
  }

  /** The size of an object in bytes; -1 if there is none. */
  long size(Place place) throws IOException {
    HttpRequest request =
        request("/" + place.bucket() + "/" + path(place.key()))
            .method("HEAD", HttpRequest.BodyPublishers.noBody())
            .build();
    HttpResponse<Void> answer = send(request, HttpResponse.BodyHandlers.discarding());
    if (answer.statusCode() == 404) {
      return -1;
    }
    if (answer.statusCode() != 200) {
      throw failed(place.url(), answer.statusCode(), "");
    }
    return answer.headers().firstValueAsLong("Content-Length").orElse(0);
  }

  /** The objects whose keys begin so, in the order of their keys. */
  List<Place> list(Place prefix) throws IOException {
    List<Place> found = new ArrayList<>();
    String token = "";
    do {
      HttpResponse<InputStream> answer =
          get(
              "/"
                  + prefix.bucket()
                  + "?list-type=2&prefix="
                  + encoded(prefix.key())
                  + (token.isEmpty() ? "" : "&continuation-token=" + encoded(token)));
      String body = text(answer);
      if (answer.statusCode() != 200) {
        throw failed(prefix.url(), answer.statusCode(), body);
      }
      Document document = xml(body);
      NodeList keys = document.getElementsByTagName("Key");
      for (int i = 0; i < keys.getLength(); i++) {
        found.add(new Place(prefix.bucket(), keys.item(i).getTextContent()));
      }
      NodeList next = document.getElementsByTagName("NextContinuationToken");
      token = next.getLength() == 0 ? "" : next.item(0).getTextContent();
    } while (!token.isEmpty());
    return found;
  }

  private static Document xml(String body) throws IOException {
    try {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      return factory
          .newDocumentBuilder()
          .parse(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)));
    } catch (ParserConfigurationException | SAXException e) {
      throw new IOException("The list of objects cannot be read: " + e.getMessage(), e);
    }
  }

  private static Refusal failed(String url, int status, String body) {
    String code = body.replaceAll("(?s).*<Code>(.*?)</Code>.*", "$1");
    String message = body.replaceAll("(?s).*<Message>(.*?)</Message>.*", "$1");
    return new Refusal(
        Refusal.INTERNAL_ERROR,
        "S3ServiceException:"
            + (message.isEmpty() || message.equals(body) ? "The request failed" : message)
            + ",Status "
            + status
            + ",Error "
            + (code.isEmpty() || code.equals(body) ? "unknown" : code),
        url);
  }

  private HttpResponse<InputStream> get(String path) throws IOException {
    return send(request(path).GET().build(), HttpResponse.BodyHandlers.ofInputStream());
  }

  private HttpRequest.Builder request(String path) {
    String base = endpoint.toString();
    String slashless = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
    return HttpRequest.newBuilder(URI.create(slashless + path)).timeout(PATIENCE);
  }

  private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler)
      throws IOException {
    try {
      return http.send(request, handler);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while S3 was read", e);
    }
  }

  private static String text(HttpResponse<InputStream> answer) throws IOException {
    try (InputStream in = answer.body()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String path(String key) {
    return encoded(key).replace("%2F", "/");
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20").replace("*", "%2A");
  }
}
