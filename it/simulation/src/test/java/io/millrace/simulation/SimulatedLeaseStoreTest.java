package io.millrace.simulation;

import io.millrace.lease.LeaseStore;
import io.millrace.lease.LeaseStoreContract;
import io.millrace.lease.memory.MemoryLeaseStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The table as simulated workers see it, without faults, does what the table in DynamoDB does: the
 * same suite, over the same way that their requests and answers take, in virtual time.
 */
class SimulatedLeaseStoreTest extends LeaseStoreContract {

  private static final long PATIENCE_MILLIS = 60_000;

  private final VirtualTime time = new VirtualTime();

  @Override
  protected LeaseStore emptyStore() {
    SeededRandom random = new SeededRandom(1);
    StoreLink link =
        new StoreLink(
            new Machine(time, "a", random.fork("machine")),
            new MemoryLeaseStore(),
            new Network(),
            random.fork("store"),
            new Journal(time, false));
    return oneAtATime(link);
  }

  /** Virtual time has one thread, and some tests of the suite have many. */
  private LeaseStore oneAtATime(LeaseStore store) {
    return (LeaseStore)
        Proxy.newProxyInstance(
            LeaseStore.class.getClassLoader(),
            new Class<?>[] {LeaseStore.class},
            (proxy, method, arguments) -> {
              synchronized (time) {
                try {
                  return method.invoke(store, arguments);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              }
            });
  }

  @Override
  protected <T> T await(CompletionStage<T> stage) {
    CompletableFuture<T> answer = stage.toCompletableFuture();
    synchronized (time) {
      time.passUntil(answer::isDone, PATIENCE_MILLIS);
    }
    return super.await(answer);
  }
}
