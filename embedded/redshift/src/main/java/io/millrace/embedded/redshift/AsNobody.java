package io.millrace.embedded.redshift;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import io.zonky.test.db.postgres.embedded.PgBinaryResolver;
import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/*
 * PostgreSQL refuses to run as root. The library gets round that with a user namespace; where those
 * are forbidden, as in Docker's default profile, its programs are started by setpriv, as a user
 * without rights.
 *
 * The library has no place for a command before its own. It does have one for the folder into which
 * it unpacks its programs, and does not unpack them again where they are: so it is given a folder
 * whose programs are scripts that start the real ones.
 */
final class AsNobody {

  /** "nobody" wherever Linux has one; it need not be in the list of users. */
  private static final int NOBODY = 65_534;

  private static final String SETPRIV =
      "setpriv --reuid=" + NOBODY + " --regid=" + NOBODY + " --clear-groups";

  private AsNobody() {}

  /** Whether this process is root's, has no user namespaces, and may start others as nobody. */
  static boolean isNeededAndPossible(Path ownFile) throws IOException {
    if (LinuxUtils.isUnshareAvailable()
        || !ownFile.getFileSystem().supportedFileAttributeViews().contains("unix")
        || !Files.getAttribute(ownFile, "unix:uid").equals(0)) {
      return false;
    }
    Process attempt =
        new ProcessBuilder("sh", "-c", SETPRIV + " true")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      return attempt.waitFor() == 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Lets {@code server} run as nobody. The library must have unpacked its programs before, which an
   * attempt to start it as root does.
   *
   * @param data the server's data directory, which must not exist
   * @param programs a folder for the scripts, which must not exist
   */
  static void prepare(EmbeddedPostgres.Builder server, Path data, Path programs)
      throws IOException {
    Files.createDirectory(data);
    Files.setAttribute(data, "unix:uid", NOBODY);
    Files.setAttribute(data, "unix:gid", NOBODY);
    Path unpacked = Path.of(System.getProperty("java.io.tmpdir"), "embedded-pg");
    try (DirectoryStream<Path> versions = Files.newDirectoryStream(unpacked, "PG-*")) {
      for (Path version : versions) {
        Path scripts = programs.resolve(version.getFileName());
        Path bin = Files.createDirectories(scripts.resolve("bin"));
        for (String program : new String[] {"initdb", "pg_ctl", "postgres"}) {
          Path script = bin.resolve(program);
          Files.writeString(
              script,
              "#!/bin/sh\ncd /\nexec %s -- '%s' \"$@\"\n"
                  .formatted(SETPRIV, version.resolve("bin").resolve(program)));
          Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Files.createFile(scripts.resolve(".exists")); // how the library knows that all is unpacked
      }
    }
    server.setOverrideWorkingDirectory(programs.toFile()).setPgBinaryResolver(new SamePrograms());
  }

  /** Another object than the library's own: it remembers by the object where it has unpacked. */
  private static final class SamePrograms implements PgBinaryResolver {
    @Override
    public InputStream getPgBinary(String system, String architecture) throws IOException {
      return DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(system, architecture);
    }
  }
}
