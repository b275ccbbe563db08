package io.millrace.kcl.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.kcl.engine.EngineEvents;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventFanOutTest {

  @Test
  void every_event_reaches_the_listeners_behind_one_that_throws() throws Exception {
    List<String> heard = new ArrayList<>();
    EngineEvents throwing =
        listener(
            (method) -> {
              throw new IllegalStateException("as if");
            });
    EngineEvents listening = listener(heard::add);
    EventFanOut all = new EventFanOut(List.of(throwing, listening));
    for (Method event : EngineEvents.class.getMethods()) {
      heard.clear();
      event.invoke(all, arguments(event));
      assertThat(heard).containsExactly(event.getName());
    }
  }

  private static EngineEvents listener(java.util.function.Consumer<String> heard) {
    return (EngineEvents)
        Proxy.newProxyInstance(
            EngineEvents.class.getClassLoader(),
            new Class<?>[] {EngineEvents.class},
            (proxy, method, arguments) -> {
              heard.accept(method.getName());
              return null;
            });
  }

  private static Object[] arguments(Method event) {
    Object[] arguments = new Object[event.getParameterCount()];
    for (int i = 0; i < arguments.length; i++) {
      Class<?> type = event.getParameterTypes()[i];
      arguments[i] =
          type == int.class
              ? Integer.valueOf(1)
              : type == long.class ? Long.valueOf(1) : type == boolean.class ? Boolean.TRUE : null;
    }
    return arguments;
  }
}
