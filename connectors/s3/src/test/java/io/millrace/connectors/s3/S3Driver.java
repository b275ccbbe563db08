package io.millrace.connectors.s3;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.connectors.contract.SinkDriver;
import io.millrace.connectors.message.Json;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Sink;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/**
 * The S3 sink under the contract; the destination is end point, bucket, format, compression,
 * prefix.
 */
public class S3Driver implements SinkDriver {

  static final String DYNAMIC = "data/!{partitionKey:n}/";
  static final String STATIC = "data/!{timestamp:yyyy/MM/dd}/";

  /** A destination in a bucket of its own. */
  static String destination(Format format, Compression compression, String prefix) {
    return String.join(
        " ",
        LocalS3.endpoint().toString(),
        LocalS3.newBucket(),
        format.name(),
        compression.name(),
        prefix);
  }

  private record Destination(
      URI endpoint, String bucket, Format format, Compression compression, String prefix) {
    static Destination of(String text) {
      String[] parts = text.split(" ", -1);
      return new Destination(
          URI.create(parts[0]),
          parts[1],
          Format.valueOf(parts[2]),
          Compression.valueOf(parts[3]),
          parts[4]);
    }
  }

  @Override
  public Sink<Message> open(String text) {
    Destination destination = Destination.of(text);
    return S3Sink.builder(destination.bucket(), "us-east-1", Credentials.ANY)
        .endpoint(destination.endpoint())
        .format(destination.format())
        .compression(destination.compression())
        .csvColumns(List.of("id required", "n"))
        .parquetColumns(List.of("id string required", "n long"))
        .prefix(destination.prefix())
        .build();
  }

  @Override
  public List<String> stored(String text) throws IOException {
    Destination destination = Destination.of(text);
    try (S3AsyncClient client =
        S3Clients.open(
            "us-east-1", destination.endpoint(), Credentials.ANY, 4, Duration.ofSeconds(20))) {
      ManifestReader reader = new ManifestReader(client, destination.bucket());
      List<ManifestReader.DataObject> objects = new ArrayList<>();
      if (KeyPattern.parse(destination.prefix()).isDynamic()) {
        reader.readManifests("data/_millrace/manifests/", objects::add);
      } else {
        reader.readObjects("data/", objects::add);
      }
      List<String> ids = new ArrayList<>();
      for (ManifestReader.DataObject object : objects) {
        ids.addAll(ids(destination, reader.bytes(object)));
      }
      return ids;
    }
  }

  private static List<String> ids(Destination destination, byte[] bytes) throws IOException {
    if (destination.format() == Format.PARQUET) {
      return Decoders.parquet(bytes).rows().stream().map(row -> row.getString("id", 0)).toList();
    }
    List<String> ids = new ArrayList<>();
    List<String> lines = Decoders.text(destination.compression(), bytes).lines().toList();
    if (destination.format() == Format.CSV) {
      lines.subList(1, lines.size()).forEach(line -> ids.add(line.substring(0, line.indexOf(','))));
      return ids;
    }
    for (String line : lines) {
      JsonNode json = Json.read(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
      ids.add(json.get("id").asText());
    }
    return ids;
  }

  /** Raw files hold anything. */
  public static final class Raw extends S3Driver {
    @Override
    public byte[] poison(String id) {
      return null;
    }
  }

  /** Not those of {@link LocalS3}, which would start a server. */
  private static final class Credentials {
    static final software.amazon.awssdk.auth.credentials.AwsCredentialsProvider ANY =
        software.amazon.awssdk.auth.credentials.StaticCredentialsProvider.create(
            software.amazon.awssdk.auth.credentials.AwsBasicCredentials.create("test", "test"));
  }
}
