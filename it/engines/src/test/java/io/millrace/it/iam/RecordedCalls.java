package io.millrace.it.iam;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.awscore.AwsExecutionAttribute;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;
import software.amazon.awssdk.http.SdkHttpRequest;

/**
 * What every AWS client of this JVM demanded, by whose credentials.
 *
 * <p>The SDK makes one for each client, because a resource of this module names the class
 * (software/amazon/awssdk/global/handlers/execution.interceptors): nothing in what is tested knows
 * of it, and no client can be forgotten. Only access keys that begin with {@value #ROLES} are
 * looked at, so tests' own clients and other tests do not matter. A child process writes into the
 * file that the property {@value #FILE} names.
 */
public final class RecordedCalls implements ExecutionInterceptor {

  static final String ROLES = "role";
  static final String FILE = "millrace.recorded.calls";

  private static final Pattern ACCESS_KEY = Pattern.compile("Credential=([A-Za-z0-9]+)/");

  /** Few: the same demands come again and again. */
  private static final Set<Demand> SEEN = ConcurrentHashMap.newKeySet();

  /** From iterators and tokens, which are all that some requests have, to their streams. */
  private static final Map<String, String> STREAMS = new ConcurrentHashMap<>();

  /** Everything so far. */
  static List<Demand> seen() {
    return new ArrayList<>(SEEN);
  }

  static List<Demand> read(Path file) throws IOException {
    return Files.readAllLines(file).stream().map(Demand::ofLine).toList();
  }

  /** As it goes out, hence signed; each attempt is one. */
  @Override
  public void beforeTransmission(
      Context.BeforeTransmission context, ExecutionAttributes attributes) {
    String role = role(context.httpRequest());
    if (role != null) {
      Demands.of(role, call(context.request(), attributes)).forEach(RecordedCalls::keep);
    }
  }

  @Override
  public void afterExecution(Context.AfterExecution context, ExecutionAttributes attributes) {
    if (role(context.httpRequest()) == null) {
      return;
    }
    for (String field : List.of("ShardIterator", "NextShardIterator", "NextToken")) {
      context
          .response()
          .getValueForField(field, String.class)
          .ifPresent(token -> STREAMS.put(token, stream(context.request())));
    }
  }

  @Override
  public void onExecutionFailure(Context.FailedExecution context, ExecutionAttributes attributes) {
    String role = context.httpRequest().map(RecordedCalls::role).orElse(null);
    Demands.Call call = call(context.request(), attributes);
    if (role != null
        && call.service().equals("S3")
        && call.text("Key") != null
        && context.exception() instanceof AwsServiceException answer
        && answer.statusCode() == 404) {
      keep(Demands.toLearnThatItIsMissing(role, call));
    }
  }

  private static Demands.Call call(SdkRequest request, ExecutionAttributes attributes) {
    return new Demands.Call(
        attributes.getAttribute(SdkExecutionAttribute.SERVICE_NAME),
        attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME),
        attributes.getAttribute(AwsExecutionAttribute.AWS_REGION).id(),
        request,
        stream(request));
  }

  /** The stream that a request names, or whose token it has; empty for none. */
  private static String stream(SdkRequest request) {
    for (String field : List.of("ShardIterator", "NextToken")) {
      String token = request.getValueForField(field, String.class).orElse(null);
      if (token != null && STREAMS.containsKey(token)) {
        return STREAMS.get(token);
      }
    }
    return request.getValueForField("StreamName", String.class).orElse("");
  }

  private static String role(SdkHttpRequest request) {
    return request
        .firstMatchingHeader("Authorization")
        .map(ACCESS_KEY::matcher)
        .filter(Matcher::find)
        .map(matcher -> matcher.group(1))
        .filter(key -> key.startsWith(ROLES))
        .orElse(null);
  }

  private static void keep(Demand demand) {
    String file = System.getProperty(FILE);
    if (SEEN.add(demand) && file != null) {
      try {
        Files.writeString(
            Path.of(file),
            demand.line() + "\n",
            StandardOpenOption.CREATE,
            StandardOpenOption.APPEND);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
