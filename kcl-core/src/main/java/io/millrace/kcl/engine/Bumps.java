package io.millrace.kcl.engine;

/**
 * Raises the generation after a change, so that everybody reads the table. Lives on the loop.
 *
 * <p>Bumps that are owed while one is under way become one.
 */
final class Bumps {

  /** Between two bumps, so that a burst of changes is announced a few times and not once each. */
  private static final long SPACING_MILLIS = 50;

  private final WorkerContext context;
  private final TableScans scans;
  private boolean bumping;
  private int failures;

  Bumps(WorkerContext context, TableScans scans) {
    this.context = context;
    this.scans = scans;
  }

  void bumpIfOwed() {
    if (!context.agenda().isBumpOwed() || bumping) {
      return;
    }
    context.agenda().bumpBegins();
    bumping = true;
    long startedAt = context.now();
    long before = context.membership().generation();
    context
        .loop()
        .whenDone(
            context.ports().store().bump(),
            (page, error) -> {
              if (error != null) {
                failures++;
                context.storeTrouble("bump", error);
                context.afterPause(
                    failures,
                    () -> {
                      bumping = false;
                      context.agenda().oweBump();
                    });
                return;
              }
              context.loop().after(SPACING_MILLIS, () -> bumping = false);
              failures = 0;
              if (page.isEmpty()) {
                context.fatal().accept(context.applicationGone());
                return;
              }
              context.pageRead(page.get(), startedAt);
              if (page.get().generation() == before + 1) {
                scans.raisedByUs(before);
              }
            });
  }
}
