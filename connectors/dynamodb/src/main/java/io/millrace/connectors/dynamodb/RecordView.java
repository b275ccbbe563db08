package io.millrace.connectors.dynamodb;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Positions;
import io.millrace.connectors.sink.RangeItem;

/**
 * A record as a mapping sees it.
 *
 * @param stream its name; shard ids repeat in every stream
 */
record RecordView(String stream, String shardId, RangeItem<Message> item) {

  /** The JSON object that it is; read when it is asked for, so that bytes can be mapped too. */
  JsonNode object() {
    JsonNode json = item.value().readJson();
    if (!json.isObject()) {
      throw new MalformedMessageException(
          "the record is "
              + Conversions.kindOf(json)
              + "; allowed: a JSON object, whose fields become attributes");
    }
    return json;
  }

  /** Sorts as the records of a shard do. */
  String position() {
    return Positions.sortable(item);
  }

  /** Of this record and no other one of any stream of this account. */
  String identity() {
    return stream + ":" + shardId + ":" + position();
  }
}
