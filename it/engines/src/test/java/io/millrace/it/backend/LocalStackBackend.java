package io.millrace.it.backend;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.localstack.LocalStackContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A LocalStack: the one at {@code -Dit.localstack.endpoint=}, else a container of {@code
 * -Dit.localstack.image=}.
 */
final class LocalStackBackend implements Backend {

  /** The last one that asks for no token. */
  static final String IMAGE = "localstack/localstack:4.14.0";

  private final Optional<LocalStackContainer> container;
  private final Services services;
  private final String what;

  LocalStackBackend(Settings settings) {
    Optional<String> running = settings.get("it.localstack.endpoint");
    if (running.isPresent()) {
      URI endpoint = URI.create(running.get());
      if (!new Readiness().answers(endpoint)) {
        throw new NotStartedException(
            "No Kinesis answers at -Dit.localstack.endpoint="
                + endpoint
                + "; start LocalStack there with kinesis, dynamodb and s3 among its services");
      }
      container = Optional.empty();
      services = Services.at(endpoint);
      what = "LocalStack " + version(endpoint) + ", not in a container";
      return;
    }
    String image = settings.get("it.localstack.image").orElse(IMAGE);
    if (!DockerClientFactory.instance().isDockerAvailable()) {
      throw new NotStartedException(
          "The backend localstack needs either Docker, in which it starts "
              + image
              + ", or a LocalStack that runs, given by -Dit.localstack.endpoint=http://localhost:4566"
              + " (it/localstack says how to start one without Docker); there is neither");
    }
    LocalStackContainer made =
        new LocalStackContainer(
                DockerImageName.parse(image).asCompatibleSubstituteFor("localstack/localstack"))
            .withServices("kinesis", "dynamodb", "s3");
    made.start();
    container = Optional.of(made);
    services = Services.at(made.getEndpoint());
    what = "image " + image;
  }

  private static String version(URI endpoint) {
    try (InputStream health = endpoint.resolve("/_localstack/health").toURL().openStream()) {
      return new ObjectMapper().readTree(health).path("version").asText("of unknown version");
    } catch (IOException e) {
      return "of unknown version";
    }
  }

  @Override
  public Services services() {
    return services;
  }

  @Override
  public SortedMap<String, String> engines() {
    SortedMap<String, String> engines = new TreeMap<>();
    engines.put("Kinesis, DynamoDB, S3", what);
    return engines;
  }

  @Override
  public void close() {
    container.ifPresent(LocalStackContainer::stop);
  }
}
