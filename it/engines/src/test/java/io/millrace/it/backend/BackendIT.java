package io.millrace.it.backend;

import org.junit.jupiter.api.extension.RegisterExtension;

/** The whole suite, on the backend that {@code -Dit.backend=} names; the embedded one if none. */
class BackendIT extends BackendSuite {

  @RegisterExtension static final BackendExtension BACKEND = BackendExtension.chosen();

  BackendIT(TestBed bed) {
    super(bed);
  }
}
