package io.millrace.connectors.redshift;

import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What one transaction loads.
 *
 * @param ranges at least one, each once
 * @param files with the rows of all ranges, and of nothing else; empty if there is no row
 * @param manifest {@code s3://bucket/key} of the COPY manifest that lists the files; not null if
 *     there are any
 */
record Load(List<SourceRange> ranges, List<LoadFile> files, URI manifest) {
  Load {
    ranges = List.copyOf(ranges);
    files = List.copyOf(files);
    if (ranges.isEmpty()) {
      throw new IllegalArgumentException("A load without a range");
    }
    Set<List<String>> identities = new HashSet<>();
    for (SourceRange range : ranges) {
      if (!identities.add(List.of(range.stream(), range.shardId(), range.firstText()))) {
        throw new IllegalArgumentException("Twice in one load: " + range.describe());
      }
    }
    if (!files.isEmpty()) {
      Objects.requireNonNull(manifest, "manifest");
    }
  }

  /** Of all files. */
  long rows() {
    return files.stream().mapToLong(LoadFile::rows).sum();
  }

  /** For messages. */
  String describe() {
    return ranges.size() == 1
        ? ranges.get(0).describe()
        : ranges.size() + " ranges, " + ranges.get(0).describe() + " among them";
  }
}
