package io.millrace.connectors.s3;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.connectors.message.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The commit record of a range that makes several objects.
 *
 * @param commit the range
 * @param dataPrefix what the objects' keys begin with, with fields of records: tells two pipelines
 *     apart that were given one folder for their manifests
 * @param objects that belong to the range; no other object does
 */
record Manifest(CommitRecord commit, String dataPrefix, List<DataObject> objects) {

  /** An object of a manifest. */
  record DataObject(String key, long records, long bytes) {}

  Manifest {
    objects = List.copyOf(objects);
  }

  byte[] bytes() {
    ObjectNode json = commit.json();
    json.put("dataPrefix", dataPrefix);
    ArrayNode list = json.putArray("objects");
    for (DataObject object : objects) {
      list.addObject()
          .put("key", object.key())
          .put("records", object.records())
          .put("bytes", object.bytes());
    }
    return Json.write(json);
  }

  /** Empty if it is none. */
  static Optional<Manifest> parse(byte[] bytes) {
    return CommitRecord.json(bytes)
        .filter(json -> json.hasNonNull("dataPrefix") && json.path("objects").isArray())
        .flatMap(
            json ->
                CommitRecord.fromJson(json)
                    .map(
                        commit ->
                            new Manifest(commit, json.get("dataPrefix").asText(), objects(json))));
  }

  private static List<DataObject> objects(JsonNode json) {
    List<DataObject> objects = new ArrayList<>();
    for (JsonNode object : json.get("objects")) {
      objects.add(
          new DataObject(
              object.path("key").asText(),
              object.path("records").asLong(),
              object.path("bytes").asLong()));
    }
    return objects;
  }
}
