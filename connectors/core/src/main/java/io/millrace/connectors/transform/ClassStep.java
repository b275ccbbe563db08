package io.millrace.connectors.transform;

import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.StepProvider;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.Step;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Map;

/** A step that somebody else wrote. */
public final class ClassStep implements StepProvider {

  private static final Key<Class<? extends Step>> NAME =
      Key.<Class<? extends Step>>parsed(
              "name",
              "the full name of a public class that implements "
                  + Step.class.getName()
                  + " and has a public constructor without parameters, or with one Map<String, String>",
              ClassStep::load)
          .required()
          .describedAs(
              "The class, on the class path. One object of it serves all shards, on several threads"
                  + " at a time.");

  private static final Key<Map<String, String>> OPTIONS =
      Key.<Map<String, String>>map("options", "names with one text each", Texts::all)
          .describedAs("What its constructor gets, if it takes a Map<String, String>.");

  private static final Section SECTION =
      new Section("class", "Runs a step of your own.", List.of(NAME, OPTIONS));

  private static Class<? extends Step> load(String name) {
    Class<?> type;
    try {
      ClassLoader context = Thread.currentThread().getContextClassLoader();
      type =
          Class.forName(
              name.trim(), false, context == null ? ClassStep.class.getClassLoader() : context);
    } catch (ClassNotFoundException | LinkageError e) {
      throw new IllegalArgumentException("it is not on the class path", e);
    }
    if (!Step.class.isAssignableFrom(type)) {
      throw new IllegalArgumentException("it does not implement " + Step.class.getName());
    }
    if (Modifier.isAbstract(type.getModifiers()) || !Modifier.isPublic(type.getModifiers())) {
      throw new IllegalArgumentException("it is abstract, or not public");
    }
    if (type.getConstructors().length == 0 || constructor(type) == null) {
      throw new IllegalArgumentException("it has no such constructor");
    }
    return type.asSubclass(Step.class);
  }

  /** The one with options comes first; null if there is neither. */
  private static Constructor<?> constructor(Class<?> type) {
    try {
      return type.getConstructor(Map.class);
    } catch (NoSuchMethodException none) {
      try {
        return type.getConstructor();
      } catch (NoSuchMethodException neither) {
        return null;
      }
    }
  }

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public boolean filters() {
    return true;
  }

  @Override
  public Step open(Values values) {
    Constructor<?> constructor = constructor(values.get(NAME));
    boolean takesOptions = constructor.getParameterCount() == 1;
    if (!takesOptions && values.isSet(OPTIONS)) {
      throw values.refuse(
          OPTIONS,
          values.get(NAME).getName()
              + " has no public constructor that takes them; allowed: none, or a constructor with one"
              + " Map<String, String>");
    }
    try {
      return (Step)
          (takesOptions
              ? constructor.newInstance(values.find(OPTIONS).orElse(Map.of()))
              : constructor.newInstance());
    } catch (InvocationTargetException e) {
      throw values.refuse(
          NAME, "the constructor of " + values.get(NAME).getName() + " threw " + e.getCause());
    } catch (ReflectiveOperationException e) {
      throw values.refuse(NAME, values.get(NAME).getName() + " cannot be made: " + e);
    }
  }

  @Override
  public String explain(Values values) {
    return "Runs " + values.get(NAME).getName() + ".";
  }
}
