package io.millrace.kcl.exec;

import io.millrace.kcl.time.Clock;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;

/** Executors for record processors, whose tasks may block for any time. */
public final class ProcessingExecutors {

  /**
   * The first release in which a virtual thread that blocks inside {@code synchronized} gives its
   * carrier back (JEP 491). Before, two processors blocked in an old JDBC driver would stop every
   * other one on a machine with two cores; the pool has no such weakness.
   */
  static final int FIRST_RELEASE_WITHOUT_PINNING = 24;

  private ProcessingExecutors() {}

  /**
   * Virtual threads on Java 24 and newer, else {@link #pool}. The caller closes it.
   *
   * @param name what the threads' names begin with
   */
  public static ExecutorService create(String name) {
    return create(name, Runtime.version().feature());
  }

  static ExecutorService create(String name, int javaRelease) {
    return javaRelease >= FIRST_RELEASE_WITHOUT_PINNING ? virtual(name) : pool(name);
  }

  /**
   * A pool of platform threads that starts with two for each processor of the machine and adds
   * threads only while tasks wait because the others are busy or blocked, up to 1,024; threads end
   * after 10 seconds without work. The caller closes it. Better than virtual threads for record
   * processors that compute for long stretches, since the operating system shares out the cores.
   *
   * @param name what the threads' names begin with
   */
  public static ExecutorService pool(String name) {
    int start = Math.max(2, 2 * Runtime.getRuntime().availableProcessors());
    return new GrowingPool(name, new GrowthRule(start, GrowthRule.MAX_THREADS), Clock.system())
        .start();
  }

  /** {@code Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name(..., 0).factory())}. */
  private static ExecutorService virtual(String name) {
    try {
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      Class<?> ofVirtual = Class.forName("java.lang.Thread$Builder$OfVirtual");
      Class<?> builder = Class.forName("java.lang.Thread$Builder");
      MethodHandle make =
          lookup.findStatic(Thread.class, "ofVirtual", MethodType.methodType(ofVirtual));
      MethodHandle named =
          lookup.findVirtual(
              ofVirtual, "name", MethodType.methodType(ofVirtual, String.class, long.class));
      MethodHandle factory =
          lookup.findVirtual(builder, "factory", MethodType.methodType(ThreadFactory.class));
      MethodHandle perTask =
          lookup.findStatic(
              Executors.class,
              "newThreadPerTaskExecutor",
              MethodType.methodType(ExecutorService.class, ThreadFactory.class));
      Object threads = named.invoke(make.invoke(), name + "-", 0L);
      return (ExecutorService) perTask.invoke((ThreadFactory) factory.invoke(threads));
    } catch (Throwable e) {
      throw new IllegalStateException("This Java release has no virtual threads", e);
    }
  }
}
