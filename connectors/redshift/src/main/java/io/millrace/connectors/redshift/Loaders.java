package io.millrace.connectors.redshift;

import io.millrace.connectors.s3.RecordFiles;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * Loaders by the compression of the files that they load: what was announced before the
 * configuration was changed is loaded as it is.
 */
final class Loaders implements AutoCloseable {
  private final RedshiftSinkBuilder settings;
  private final RecordFiles files;
  private final Map<FileCompression, RedshiftLoader> loaders = new EnumMap<>(FileCompression.class);
  private boolean jsonPathsWritten;

  /**
   * @param settings not to be used by anybody else any more
   * @param files not closed by this
   */
  Loaders(RedshiftSinkBuilder settings, RecordFiles files) {
    this.settings = settings;
    this.files = files;
  }

  synchronized Waiting of(FileCompression compression) {
    RedshiftLoader loader =
        loaders.computeIfAbsent(compression, c -> settings.compression(c).loader(files));
    return new Waiting(loader);
  }

  /** Loads when the file of JSONPaths is there, if there is to be one. */
  final class Waiting {
    private final RedshiftLoader loader;

    private Waiting(RedshiftLoader loader) {
      this.loader = loader;
    }

    /** As {@link RedshiftLoader#load}; may block before. */
    CompletionStage<LoadResult> load(Load load) {
      writeJsonPaths();
      return loader.load(load);
    }
  }

  /** Whoever writes it writes the same. */
  private synchronized void writeJsonPaths() {
    if (!settings.jsonPaths.isEmpty() && !jsonPathsWritten) {
      Stages.join(files.putJson(settings.jsonPathsKey(), settings.jsonPathsFile()));
      jsonPathsWritten = true;
    }
  }

  @Override
  public synchronized void close() {
    loaders.values().forEach(RedshiftLoader::close);
  }
}
