package io.millrace.kcl.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.LeaseKey;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeasuringEventsTest {

  private final List<String> heard = new ArrayList<>();
  private final List<Long> measured = new ArrayList<>();
  private final EngineEvents to =
      (EngineEvents)
          Proxy.newProxyInstance(
              EngineEvents.class.getClassLoader(),
              new Class<?>[] {EngineEvents.class},
              (proxy, method, arguments) -> {
                heard.add(method.getName() + Arrays.toString(arguments));
                return null;
              });
  private final MeasuringEvents events =
      new MeasuringEvents(
          to,
          (shard, records, bytes) -> {
            measured.add((long) records);
            measured.add(bytes);
          });

  @Test
  void every_event_is_passed_on_as_it_is() throws ReflectiveOperationException {
    for (Method event : EngineEvents.class.getMethods()) {
      heard.clear();
      Object[] arguments = arguments(event);
      event.invoke(events, arguments);
      assertThat(heard).containsExactly(event.getName() + Arrays.toString(arguments));
    }
  }

  @Test
  void deliveries_are_measured() {
    events.delivered(LeaseKey.of("shardId-000000000001"), 3, 700, 0);
    assertThat(measured).containsExactly(3L, 700L);
  }

  private static Object[] arguments(Method event) {
    Object[] arguments = new Object[event.getParameterCount()];
    for (int i = 0; i < arguments.length; i++) {
      Class<?> type = event.getParameterTypes()[i];
      arguments[i] =
          type == int.class
              ? Integer.valueOf(i + 1)
              : type == long.class
                  ? Long.valueOf(i + 1)
                  : type == boolean.class ? Boolean.TRUE : null;
    }
    return arguments;
  }
}
