package io.millrace.connectors.transform;

import io.millrace.connectors.ICollectionTransformer;
import io.millrace.connectors.IFilter;
import io.millrace.connectors.ITransformer;
import io.millrace.connectors.KinesisConnectorConfiguration;
import io.millrace.connectors.config.ConfigException;
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
import java.util.Properties;
import java.util.stream.Stream;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;

/** A step that somebody else wrote, for this library or for the Kinesis Connector Library. */
public final class ClassStep implements StepProvider {

  private static final List<Class<?>> KINDS =
      List.of(Step.class, ITransformer.class, ICollectionTransformer.class, IFilter.class);

  private static final Key<Class<?>> NAME =
      Key.<Class<?>>parsed(
              "name",
              "the full name of a public class that implements "
                  + Step.class.getName()
                  + ", or ITransformer, ICollectionTransformer or IFilter of "
                  + ITransformer.class.getPackageName()
                  + ", and has a public constructor without parameters, with one Map<String, String>"
                  + " or with one KinesisConnectorConfiguration",
              ClassStep::load)
          .required()
          .describedAs(
              "The class, on the class path. One object of it serves all shards: a Step on several"
                  + " threads at a time, any other on one at a time.");

  private static final Key<Map<String, String>> OPTIONS =
      Key.<Map<String, String>>map("options", "names with one text each", Texts::all)
          .describedAs(
              "What its constructor gets: the Map<String, String>, or the properties of the"
                  + " KinesisConnectorConfiguration.");

  private static final Section SECTION =
      new Section("class", "Runs a step of your own.", List.of(NAME, OPTIONS));

  private static Class<?> load(String name) {
    try {
      ClassLoader context = Thread.currentThread().getContextClassLoader();
      Class<?> type =
          Class.forName(
              name.trim(), false, context == null ? ClassStep.class.getClassLoader() : context);
      check(type);
      return type;
    } catch (ClassNotFoundException e) {
      throw new IllegalArgumentException("it is not on the class path", e);
    } catch (LinkageError | TypeNotPresentException e) {
      throw new IllegalArgumentException("it cannot be loaded: " + e, e);
    }
  }

  private static void check(Class<?> type) {
    List<String> kinds =
        KINDS.stream()
            .filter(kind -> kind.isAssignableFrom(type))
            .map(Class::getSimpleName)
            .toList();
    if (kinds.isEmpty()) {
      throw new IllegalArgumentException("it implements none of them");
    }
    if (kinds.size() > 1) {
      throw new IllegalArgumentException(
          "it implements " + String.join(" and ", kinds) + ", of which one is allowed");
    }
    if (Modifier.isAbstract(type.getModifiers()) || !Modifier.isPublic(type.getModifiers())) {
      throw new IllegalArgumentException("it is abstract, or not public");
    }
    if (constructor(type) == null) {
      throw new IllegalArgumentException("it has no such constructor");
    }
    if (!Step.class.isAssignableFrom(type)) {
      PortedStep.check(type);
    }
  }

  /** Those that take options come first; null if there is none of them. */
  private static Constructor<?> constructor(Class<?> type) {
    List<Constructor<?>> constructors = List.of(type.getConstructors());
    return Stream.of(Map.class, KinesisConnectorConfiguration.class)
        .flatMap(taken -> constructors.stream().filter(c -> takes(c, taken)))
        .findFirst()
        .or(() -> constructors.stream().filter(c -> c.getParameterCount() == 0).findFirst())
        .orElse(null);
  }

  private static boolean takes(Constructor<?> constructor, Class<?> only) {
    return constructor.getParameterCount() == 1 && constructor.getParameterTypes()[0] == only;
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
    Object made = make(values);
    return made instanceof Step step ? step : PortedStep.of(made);
  }

  private static Object make(Values values) {
    Class<?> type = values.get(NAME);
    Constructor<?> constructor = constructor(type);
    Object[] arguments = arguments(constructor, values);
    try {
      return constructor.newInstance(arguments);
    } catch (InvocationTargetException e) {
      throw values.refuse(NAME, "the constructor of " + type.getName() + " threw " + e.getCause());
    } catch (ReflectiveOperationException | LinkageError e) {
      throw values.refuse(
          NAME, type.getName() + " cannot be made: " + (e.getCause() == null ? e : e.getCause()));
    }
  }

  private static Object[] arguments(Constructor<?> constructor, Values values) {
    Map<String, String> options = values.find(OPTIONS).orElse(Map.of());
    if (takes(constructor, Map.class)) {
      return new Object[] {options};
    }
    if (takes(constructor, KinesisConnectorConfiguration.class)) {
      return new Object[] {configuration(options, values)};
    }
    if (values.isSet(OPTIONS)) {
      throw values.refuse(
          OPTIONS,
          values.get(NAME).getName()
              + " has no public constructor that takes them; allowed: none, or a constructor with one"
              + " Map<String, String> or one KinesisConnectorConfiguration");
    }
    return new Object[0];
  }

  private static KinesisConnectorConfiguration configuration(
      Map<String, String> options, Values values) {
    Properties properties = new Properties();
    for (Map.Entry<String, String> option : options.entrySet()) {
      properties.setProperty(option.getKey(), option.getValue());
      try {
        configuration(properties);
      } catch (ConfigException e) {
        // not the value: it may come from a reference, and be a secret
        String allowed = e.getMessage().substring(e.getMessage().lastIndexOf("; allowed"));
        throw values.refuse(OPTIONS, "what " + option.getKey() + " says is not allowed" + allowed);
      }
    }
    return configuration(properties);
  }

  private static KinesisConnectorConfiguration configuration(Properties properties) {
    return new KinesisConnectorConfiguration(properties, DefaultCredentialsProvider.create());
  }

  @Override
  public String explain(Values values) {
    return "Runs " + values.get(NAME).getName() + ".";
  }
}
