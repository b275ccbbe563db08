package io.millrace.connectors.transform;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.type.TypeFactory;
import io.millrace.connectors.ICollectionTransformer;
import io.millrace.connectors.IFilter;
import io.millrace.connectors.ITransformer;
import io.millrace.connectors.ITransformerBase;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.message.Origin;
import io.millrace.connectors.message.Step;
import io.millrace.kcl.Record;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

// In the Kinesis Connector Library every shard had a transformer and a filter of its own, so theirs
// need not bear several threads. A step is one for all shards: hence the lock.
/**
 * A transformer or filter of the Kinesis Connector Library as a step. It is called by one thread at
 * a time.
 */
final class PortedStep implements Step {

  /** What a transformer may make; anything else no sink of a config file could take. */
  private static final List<Class<?>> MADE = List.of(byte[].class, String.class, JsonNode.class);

  /** What a filter may look at. */
  private static final Map<Class<?>, Taker> TAKEN = new LinkedHashMap<>();

  static {
    TAKEN.put(Message.class, message -> message);
    TAKEN.put(Record.class, PortedStep::record);
    TAKEN.put(byte[].class, PortedStep::bytes);
    TAKEN.put(String.class, PortedStep::text);
    TAKEN.put(JsonNode.class, Message::json);
  }

  /** Makes of a message what a filter looks at. */
  @FunctionalInterface
  private interface Taker {
    Object of(Message message) throws IOException;
  }

  /** What the class does, on one thread at a time. */
  @FunctionalInterface
  private interface Body {
    List<Message> apply(Message message) throws IOException;
  }

  private final String name;
  private final Body body;
  private final Lock lock = new ReentrantLock();

  private PortedStep(String name, Body body) {
    this.name = name;
    this.body = body;
  }

  /**
   * @param ported an object of a class that {@link #check} accepts
   */
  static PortedStep of(Object ported) {
    String name = ported.getClass().getName();
    return new PortedStep(
        name,
        ported instanceof IFilter<?> filter
            ? filtering(filter)
            : transforming((ITransformerBase<?, ?>) ported, name));
  }

  /**
   * @throws IllegalArgumentException if what the class takes or makes is declared, and fits nothing
   */
  static void check(Class<?> type) {
    if (IFilter.class.isAssignableFrom(type)) {
      Class<?> taken = argument(type, IFilter.class, 0);
      if (!TAKEN.containsKey(taken) && taken != Object.class) {
        throw new IllegalArgumentException(
            "its keepRecord takes "
                + taken.getTypeName()
                + ", and there are only "
                + names(TAKEN.keySet().stream()));
      }
      return;
    }
    Class<?> made = argument(type, ITransformerBase.class, 1);
    if (MADE.stream().noneMatch(m -> m.isAssignableFrom(made) || made.isAssignableFrom(m))) {
      throw new IllegalArgumentException(
          "its fromClass makes " + made.getTypeName() + ", and not " + names(MADE.stream()));
    }
  }

  /** What a class says for a type parameter of an interface; Object if it leaves it open. */
  private static Class<?> argument(Class<?> type, Class<?> generic, int index) {
    JavaType[] arguments =
        TypeFactory.defaultInstance().constructType(type).findTypeParameters(generic);
    return arguments.length <= index ? Object.class : arguments[index].getRawClass();
  }

  private static String names(Stream<Class<?>> types) {
    List<String> names = types.map(Class::getTypeName).toList();
    int last = names.size() - 1;
    return String.join(", ", names.subList(0, last)) + " or " + names.get(last);
  }

  @SuppressWarnings("unchecked") // its parameter was looked at
  private static Body filtering(IFilter<?> filter) {
    Class<?> taken = argument(filter.getClass(), IFilter.class, 0);
    Taker taker = TAKEN.getOrDefault(taken, message -> message);
    return message ->
        ((IFilter<Object>) filter).keepRecord(taker.of(message)) ? List.of(message) : List.of();
  }

  private static <T, U> Body transforming(ITransformerBase<T, U> transformer, String name) {
    return message -> {
      List<Message> made = new ArrayList<>();
      for (T value : read(transformer, record(message))) {
        made.add(message(message, transformer.fromClass(value), name));
      }
      return made;
    };
  }

  private static <T, U> Collection<T> read(ITransformerBase<T, U> transformer, Record record)
      throws IOException {
    if (transformer instanceof ICollectionTransformer<T, U> several) {
      Collection<T> values = several.toClass(record);
      return values == null ? List.of() : values;
    }
    T value = ((ITransformer<T, U>) transformer).toClass(record);
    return value == null ? List.of() : List.of(value);
  }

  private static Message message(Message message, Object made, String name) {
    if (made instanceof byte[] bytes) {
      return message.withBytes(bytes);
    }
    if (made instanceof String text) {
      return message.withBytes(text.getBytes(StandardCharsets.UTF_8));
    }
    if (made instanceof JsonNode json) {
      return message.withJson(json);
    }
    throw new MalformedMessageException(
        "class: the fromClass of "
            + name
            + " made "
            + (made == null ? "null" : made.getClass().getTypeName())
            + ", and not "
            + names(MADE.stream()));
  }

  /** The record as it came, with the payload that the steps so far have made of it. */
  private static Record record(Message message) {
    Record record = message.record();
    ByteBuffer bytes = message.bytes();
    if (bytes.equals(record.getData())) {
      return record;
    }
    return Record.builder()
        .partitionKey(record.getPartitionKey())
        .explicitHashKey(record.getExplicitHashKey())
        .sequenceNumber(record.getSequenceNumber())
        .subSequenceNumber(record.getSubSequenceNumber())
        .approximateArrivalTimestamp(record.getApproximateArrivalTimestamp())
        .encryptionType(record.getEncryptionType())
        .data(bytes)
        .build();
  }

  private static byte[] bytes(Message message) {
    ByteBuffer buffer = message.bytes();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private static String text(Message message) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(message.bytes()).toString();
  }

  @Override
  public List<Message> apply(Message message, Origin origin) {
    lock.lock();
    try {
      return body.apply(message);
    } catch (CharacterCodingException e) {
      throw new MalformedMessageException(
          "class: " + name + " takes a text, and the message is no UTF-8", e);
    } catch (IOException e) {
      throw new MalformedMessageException("class: " + name + ": " + e.getMessage(), e);
    } finally {
      lock.unlock();
    }
  }
}
