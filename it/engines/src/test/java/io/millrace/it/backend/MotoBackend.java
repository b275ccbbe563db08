package io.millrace.it.backend;

import io.millrace.childserver.ChildServer;
import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Python's moto: the one at {@code -Dit.moto.endpoint=}, else {@code moto_server}, or what {@code
 * -Dit.moto.server=} names. It is no complete Kinesis, which is why it is here: nothing that it
 * lacks may be needed for records to arrive.
 */
final class MotoBackend implements Backend {

  private final Optional<ChildProcess> child;
  private final URI endpoint;
  private final String version;

  MotoBackend(Settings settings) {
    // the SDK reads it when a client is made
    System.setProperty("aws.cborEnabled", "false");
    // moto does not tell its own
    version = settings.get("it.moto.version").orElse("of unknown version");
    Optional<String> running = settings.get("it.moto.endpoint");
    if (running.isPresent()) {
      endpoint = URI.create(running.get());
      child = Optional.empty();
      if (!new Readiness().answers(endpoint)) {
        throw new NotStartedException(
            "No Kinesis answers at -Dit.moto.endpoint=" + endpoint + "; start moto_server there");
      }
      return;
    }
    String server = settings.get("it.moto.server").orElse("moto_server");
    int port = ChildServer.freePort();
    endpoint = URI.create("http://127.0.0.1:" + port);
    ChildProcess started;
    try {
      started =
          ChildProcess.server(
              "moto", new ProcessBuilder(server, "-H", "127.0.0.1", "-p", Integer.toString(port)));
    } catch (IOException e) {
      throw new NotStartedException(
          "The backend moto needs `"
              + server
              + "`, which cannot be run; install it with pip install 'moto[server]', say where it"
              + " is with -Dit.moto.server=, or say where one runs with -Dit.moto.endpoint=",
          e);
    }
    boolean ready = false;
    try {
      new Readiness().awaitKinesis("moto", endpoint, started);
      ready = true;
    } finally {
      if (!ready) {
        started.close();
      }
    }
    child = Optional.of(started);
  }

  @Override
  public Services services() {
    return Services.at(endpoint);
  }

  @Override
  public SortedMap<String, String> engines() {
    SortedMap<String, String> engines = new TreeMap<>();
    engines.put("Kinesis, DynamoDB, S3", "moto " + version);
    return engines;
  }

  @Override
  public void close() {
    child.ifPresent(ChildProcess::close);
  }
}
