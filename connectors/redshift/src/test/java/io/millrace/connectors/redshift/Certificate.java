package io.millrace.connectors.redshift;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A key and a certificate that it has signed itself, made by the JDK's own tool. */
final class Certificate {
  private static final String PASSWORD = "password";

  private final SSLContext context;
  private final Path file;

  private Certificate(SSLContext context, Path file) {
    this.context = context;
    this.file = file;
  }

  /** For 127.0.0.1, for a day; blocks for about a second. */
  static Certificate forThisMachine() {
    try {
      Path directory = Files.createTempDirectory("millrace-certificate-");
      Path store = directory.resolve("server.p12");
      Path pem = directory.resolve("server.pem");
      directory.toFile().deleteOnExit();
      store.toFile().deleteOnExit();
      pem.toFile().deleteOnExit();
      generate(store);
      KeyStore keys = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(store)) {
        keys.load(in, PASSWORD.toCharArray());
      }
      Files.writeString(
          pem,
          "-----BEGIN CERTIFICATE-----\n"
              + Base64.getMimeEncoder().encodeToString(keys.getCertificate("server").getEncoded())
              + "\n-----END CERTIFICATE-----\n");
      KeyManagerFactory managers =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(keys, PASSWORD.toCharArray());
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(managers.getKeyManagers(), null, null);
      return new Certificate(context, pem);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void generate(Path store) throws IOException {
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=127.0.0.1",
                "-ext",
                "SAN=ip:127.0.0.1",
                "-validity",
                "1")
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!Files.exists(store)) {
      throw new IOException("keytool made no key: " + said);
    }
  }

  SSLContext context() {
    return context;
  }

  /** The certificate alone, as the driver's {@code sslrootcert} wants it. */
  Path file() {
    return file;
  }
}
