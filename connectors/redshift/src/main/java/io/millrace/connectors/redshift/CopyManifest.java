package io.millrace.connectors.redshift;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.connectors.message.Json;
import java.util.List;

/** The list of files that COPY ... MANIFEST reads. */
final class CopyManifest {
  private CopyManifest() {}

  static byte[] of(List<LoadFile> files) {
    ObjectNode manifest = JsonNodeFactory.instance.objectNode();
    ArrayNode entries = manifest.putArray("entries");
    for (LoadFile file : files) {
      ObjectNode entry = entries.addObject();
      entry.put("url", file.location().toString());
      entry.put("mandatory", file.mandatory());
      // Parquet is refused without it
      entry.putObject("meta").put("content_length", file.bytes());
    }
    return Json.write(manifest);
  }

  /** The file of JSONPaths: those of the columns, and of what every row has besides. */
  static byte[] jsonPaths(List<String> ofColumns, boolean deletes) {
    ObjectNode file = JsonNodeFactory.instance.objectNode();
    ArrayNode paths = file.putArray("jsonpaths");
    ofColumns.forEach(paths::add);
    paths.add("$." + Staged.SOURCE);
    paths.add("$." + Staged.POSITION);
    if (deletes) {
      paths.add("$." + Staged.DELETE);
    }
    return Json.write(file);
  }
}
