package io.millrace.it.backend;

import io.millrace.it.backend.RunReport.Outcome;
import io.millrace.it.backend.RunReport.Result;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestWatcher;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Starts a backend for a class of tests and gives them the {@link TestBed}; counts what ran, says
 * it in one line and, for a whole run, in a report.
 *
 * <p>A test has one chance: the build repeats a failed one, which is a failure here all the same,
 * since a server that fails every now and then is what these tests are to find.
 */
final class BackendExtension
    implements BeforeAllCallback,
        AfterAllCallback,
        BeforeEachCallback,
        ExecutionCondition,
        ParameterResolver,
        TestWatcher {

  /** Of classes in this JVM, which is the one that the build uses for a repetition too. */
  private static final Set<String> FINISHED = ConcurrentHashMap.newKeySet();

  private final Settings settings;
  private final Optional<Path> reports;
  private final Map<String, Long> starts = new ConcurrentHashMap<>();
  private final SortedMap<String, Result> results = new TreeMap<>();
  private Kind kind;
  private TestBed bed;
  private long startNanos;

  private BackendExtension(Settings settings, Optional<Path> reports) {
    this.settings = settings;
    this.reports = reports;
  }

  /** The embedded backend whatever was chosen; no report, since only a part of the tests runs. */
  static BackendExtension embedded() {
    return new BackendExtension(Settings.of(Map.of()), Optional.empty());
  }

  /** What {@code -Dit.backend=} says, with a report. */
  static BackendExtension chosen() {
    return new BackendExtension(Settings.ofSystem(), Optional.of(Path.of("target", "backends")));
  }

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    if (!FINISHED.add(context.getRequiredTestClass().getName())) {
      throw new IllegalStateException(
          "Tests of "
              + context.getRequiredTestClass().getName()
              + " have failed in this JVM before; they are not run a second time");
    }
    kind = Kind.chosen(settings);
    startNanos = System.nanoTime();
    String prefix =
        "millrace-it-"
            + UUID.randomUUID().toString().substring(0, 8).toLowerCase(Locale.ROOT)
            + "-";
    Backend backend;
    try {
      backend = kind.start(settings);
    } catch (NotStartedException e) {
      say(report(e.getMessage(), new TreeMap<>()));
      throw e;
    }
    if (backend instanceof AwsBackend aws) {
      System.out.println(aws.warning(prefix));
    }
    bed = new TestBed(kind, backend, prefix);
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    if (bed == null) {
      return;
    }
    SortedMap<String, String> engines = bed.backend().engines();
    try {
      bed.close();
    } finally {
      say(report("", engines));
    }
  }

  private RunReport report(String notStarted, SortedMap<String, String> engines) {
    return new RunReport(
        kind.text(),
        LocalDate.now(ZoneOffset.UTC).toString(),
        notStarted,
        engines,
        (System.nanoTime() - startNanos) / 1_000_000_000,
        java.util.List.copyOf(results.values()));
  }

  private void say(RunReport report) throws Exception {
    report.tests().stream()
        .filter(test -> test.outcome() == Outcome.NOT_APPLICABLE)
        .forEach(test -> System.out.println("not run here: " + test.name() + ": " + test.why()));
    System.out.println(report.line());
    if (reports.isPresent()) {
      report.write(reports.get().resolve(report.backend() + ".json"));
    }
  }

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    return context
        .getTestMethod()
        .flatMap(method -> AnnotationSupport.findAnnotation(method, NotWith.class))
        .map(NotWith::value)
        .map(
            needed ->
                Arrays.stream(needed)
                    .filter(difference -> kind.differences().contains(difference))
                    .map(difference -> difference + ": " + difference.sentence())
                    .collect(Collectors.joining("; ")))
        .filter(why -> !why.isEmpty())
        .map(ConditionEvaluationResult::disabled)
        .orElseGet(() -> ConditionEvaluationResult.enabled("nothing that it needs is missing"));
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    starts.put(name(context), System.nanoTime());
  }

  @Override
  public void testSuccessful(ExtensionContext context) {
    note(context, Outcome.PASSED, "");
  }

  @Override
  public void testFailed(ExtensionContext context, Throwable cause) {
    note(
        context, Outcome.FAILED, String.valueOf(cause.getMessage()).lines().findFirst().orElse(""));
  }

  /** Nothing here may give up half-way: that would be a test skipped in silence. */
  @Override
  public void testAborted(ExtensionContext context, Throwable cause) {
    testFailed(context, cause);
  }

  @Override
  public void testDisabled(ExtensionContext context, Optional<String> reason) {
    note(context, Outcome.NOT_APPLICABLE, reason.orElse("no reason given"));
  }

  private void note(ExtensionContext context, Outcome outcome, String why) {
    long now = System.nanoTime();
    String name = name(context);
    results.put(
        name, new Result(name, outcome, why, (now - starts.getOrDefault(name, now)) / 1_000_000));
  }

  private static String name(ExtensionContext context) {
    return context.getRequiredTestMethod().getName();
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == TestBed.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return bed;
  }
}
