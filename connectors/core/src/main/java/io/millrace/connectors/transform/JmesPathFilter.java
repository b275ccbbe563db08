package io.millrace.connectors.transform;

import com.fasterxml.jackson.databind.JsonNode;
import io.burt.jmespath.Expression;
import io.burt.jmespath.JmesPathException;
import io.burt.jmespath.RuntimeConfiguration;
import io.burt.jmespath.jackson.JacksonRuntime;
import io.burt.jmespath.parser.ParseError;
import io.burt.jmespath.parser.ParseException;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.StepProvider;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.Json;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Step;
import java.util.List;

/** Keeps the messages for which a JMESPath expression is true. */
public final class JmesPathFilter implements StepProvider {

  /** With our mapper, so that the numbers of expressions equal those of messages. */
  private static final JacksonRuntime RUNTIME =
      new JacksonRuntime(RuntimeConfiguration.defaultConfiguration(), Json.mapper());

  /** A compiled expression with its text. */
  record Compiled(String text, Expression<JsonNode> expression) {
    @Override
    public String toString() {
      return text;
    }
  }

  private static final Key<Compiled> EXPRESSION =
      Key.<Compiled>parsed(
              "expression",
              "a JMESPath expression such as status == 'ok' && size > `100`",
              JmesPathFilter::compile)
          .required()
          .describedAs(
              "Messages are kept for which this is true in the sense of JMESPath: not false, null,"
                  + " nor empty. A function that gets something of a wrong type makes a dead letter.");

  private static final Section SECTION =
      new Section(
          "jmespath",
          "Keeps the messages for which an expression is true, and drops the others.",
          List.of(EXPRESSION));

  private static Compiled compile(String text) {
    try {
      return new Compiled(text, RUNTIME.compile(text));
    } catch (ParseException e) {
      ParseError first = e.iterator().next();
      throw new IllegalArgumentException(
          "at character " + (first.position() + 1) + ": " + first.message(), e);
    } catch (JmesPathException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
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
    Expression<JsonNode> expression = values.get(EXPRESSION).expression();
    return (message, origin) -> {
      try {
        return RUNTIME.isTruthy(expression.search(message.json())) ? List.of(message) : List.of();
      } catch (JmesPathException e) {
        throw new MalformedMessageException(SECTION.name() + ": " + e.getMessage(), e);
      }
    };
  }

  @Override
  public String explain(Values values) {
    return "Keeps the messages for which " + values.get(EXPRESSION) + ".";
  }
}
