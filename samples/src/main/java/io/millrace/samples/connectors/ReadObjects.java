package io.millrace.samples.connectors;

import com.github.luben.zstd.ZstdInputStream;
import io.millrace.connectors.s3.ManifestReader;
import io.millrace.connectors.s3.ManifestReader.DataObject;
import io.millrace.connectors.sink.SinkException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.xerial.snappy.SnappyFramedInputStream;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3AsyncClientBuilder;

/**
 * Prints the records that an S3 sink has stored, each one once: it reads the objects that manifests
 * name and those that are their own commit records, and passes over all others, such as what a
 * worker left that lost its shard while it stored.
 *
 * <pre>{@code
 * ReadObjects BUCKET PREFIX [ENDPOINT]
 * }</pre>
 *
 * <p>The prefix is the sink's, up to its first expression. Credentials and region are found as the
 * AWS SDK finds them; with an endpoint the region is us-east-1 and buckets go by path.
 */
public final class ReadObjects {

  private final ManifestReader reader;
  private final OutputStream out;
  private final PrintStream err;
  private long objects;

  private ReadObjects(ManifestReader reader, OutputStream out, PrintStream err) {
    this.reader = reader;
    this.out = out;
    this.err = err;
  }

  /** Records go to standard output, and a line about each object to standard error. */
  public static void main(String[] arguments) {
    System.exit(run(arguments, System.out, System.err));
  }

  static int run(String[] arguments, PrintStream out, PrintStream err) {
    if (arguments.length < 2 || arguments.length > 3) {
      err.println(
          "ReadObjects: "
              + Arrays.toString(arguments)
              + " is not allowed; allowed: BUCKET PREFIX [ENDPOINT], such as my-logs clicks/"
              + " http://127.0.0.1:9090");
      return 2;
    }
    try (S3AsyncClient client = client(arguments.length == 3 ? arguments[2] : null)) {
      read(client, arguments[0], arguments[1], out, err);
      out.flush();
      return 0;
    } catch (SinkException | SdkClientException | IllegalArgumentException e) {
      err.println("ReadObjects: " + e.getMessage());
      return 1;
    }
  }

  private static S3AsyncClient client(String endpoint) {
    S3AsyncClientBuilder builder = S3AsyncClient.builder();
    if (endpoint != null) {
      builder.endpointOverride(URI.create(endpoint)).region(Region.US_EAST_1).forcePathStyle(true);
    }
    return builder.build();
  }

  /**
   * @return objects that were read
   */
  static long read(
      S3AsyncClient client, String bucket, String prefix, OutputStream out, PrintStream err) {
    ReadObjects read = new ReadObjects(new ManifestReader(client, bucket), out, err);
    // where the sink puts them unless its manifestPrefix says otherwise
    String folder = prefix.substring(0, prefix.lastIndexOf('/') + 1);
    long manifests = read.reader.readManifests(folder + "_millrace/manifests/", read::print);
    long others = read.reader.readObjects(prefix, read::print);
    err.printf(
        "%,d objects; %,d manifests; %,d objects are no commit records: named by a manifest, or"
            + " nobody's%n",
        read.objects, manifests, others);
    return read.objects;
  }

  private void print(DataObject object) {
    objects++;
    err.printf("%s  %s  %,d bytes%n", object.key(), object.shardId(), object.bytes());
    if (object.key().endsWith(".parquet")) {
      err.println("  (not printed: read it with a library for Parquet)");
      return;
    }
    try (InputStream in = unpacked(object.key(), reader.bytes(object))) {
      in.transferTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException("Object " + object.key() + " could not be unpacked", e);
    }
  }

  private static InputStream unpacked(String key, byte[] bytes) throws IOException {
    InputStream stored = new ByteArrayInputStream(bytes);
    if (bytes.length == 0) {
      return stored;
    }
    return switch (key.substring(key.lastIndexOf('.') + 1)) {
      case "gz" -> new GZIPInputStream(stored);
      case "zst" -> new ZstdInputStream(stored);
      case "sz" -> new SnappyFramedInputStream(stored);
      default -> stored;
    };
  }
}
