package io.millrace.connectors.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.millrace.connectors.ICollectionTransformer;
import io.millrace.connectors.IFilter;
import io.millrace.connectors.ITransformer;
import io.millrace.connectors.KinesisConnectorConfiguration;
import io.millrace.connectors.message.Message;
import io.millrace.kcl.Record;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** Transformers and filters as users of the Kinesis Connector Library have them. */
public final class OwnPorted {

  private OwnPorted() {}

  private static String text(Record record) {
    return StandardCharsets.UTF_8.decode(record.getData()).toString();
  }

  /** What many of them extend: the types are said by the subclass. */
  public abstract static class OfText<U> implements ITransformer<String, U> {
    @Override
    public String toClass(Record record) throws IOException {
      String text = text(record);
      if (text.equals("bad")) {
        throw new IOException("it is bad");
      }
      return text.isBlank() ? null : text;
    }
  }

  public static final class ToBytes extends OfText<byte[]> {
    private final String suffix;

    public ToBytes(KinesisConnectorConfiguration configuration) {
      suffix = configuration.S3_BUCKET + configuration.getProperty("own");
    }

    @Override
    public byte[] fromClass(String text) {
      return (text + suffix).getBytes(StandardCharsets.UTF_8);
    }
  }

  public static final class ToJson extends OfText<JsonNode> {
    @Override
    public JsonNode fromClass(String text) {
      return JsonNodeFactory.instance.objectNode().put("text", text);
    }
  }

  public static final class Words implements ICollectionTransformer<String, String> {
    @Override
    public Collection<String> toClass(Record record) {
      String text = text(record);
      return text.isEmpty() ? null : Arrays.asList(text.split(" "));
    }

    @Override
    public String fromClass(String word) {
      return word;
    }
  }

  public static final class Anything implements ITransformer<String, Object> {
    @Override
    public String toClass(Record record) {
      return text(record) + "@" + record.getPartitionKey() + "." + record.getSubSequenceNumber();
    }

    @Override
    public Object fromClass(String text) {
      return text.startsWith("number") ? BigDecimal.ONE : text.startsWith("null") ? null : text;
    }
  }

  public static final class ToRow extends OfText<Map<String, String>> {
    @Override
    public Map<String, String> fromClass(String text) {
      return Map.of("text", text);
    }
  }

  public static final class KeepsShort implements IFilter<String> {
    @Override
    public boolean keepRecord(String text) {
      return text.length() < 5;
    }
  }

  public static final class KeepsShortBytes implements IFilter<byte[]> {
    @Override
    public boolean keepRecord(byte[] bytes) {
      return bytes.length < 5;
    }
  }

  public static final class KeepsShortRecords implements IFilter<Record> {
    @Override
    public boolean keepRecord(Record record) {
      return record.getDataBytes().length < 5;
    }
  }

  public static final class KeepsShortMessages implements IFilter<Message> {
    @Override
    public boolean keepRecord(Message message) {
      return message.bytes().remaining() < 5;
    }
  }

  public static final class KeepsNumbers implements IFilter<JsonNode> {
    @Override
    public boolean keepRecord(JsonNode json) {
      return json.isNumber();
    }
  }

  public static final class KeepsNumberedRows implements IFilter<Map<String, Integer>> {
    @Override
    public boolean keepRecord(Map<String, Integer> row) {
      return row.containsKey("number");
    }
  }

  public static final class TwoKinds extends OfText<String> implements IFilter<String> {
    @Override
    public String fromClass(String text) {
      return text;
    }

    @Override
    public boolean keepRecord(String text) {
      return true;
    }
  }

  public static final class Unmakeable implements IFilter<String> {
    private static final int LONGEST = Integer.parseInt("none");

    @Override
    public boolean keepRecord(String text) {
      return text.length() <= LONGEST;
    }
  }

  /** Says whether two threads were in it at a time. */
  public static final class Alone implements IFilter<String> {
    static final AtomicBoolean TOGETHER = new AtomicBoolean();
    private final AtomicBoolean inside = new AtomicBoolean();

    @Override
    public boolean keepRecord(String text) {
      if (inside.getAndSet(true)) {
        TOGETHER.set(true);
      }
      Thread.yield();
      inside.set(false);
      return true;
    }
  }
}
