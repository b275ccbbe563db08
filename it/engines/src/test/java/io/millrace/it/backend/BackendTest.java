package io.millrace.it.backend;

import org.junit.jupiter.api.extension.RegisterExtension;

/** What every build runs of the suite: the quick tests, on the embedded backend. */
class BackendTest extends BackendSuite {

  @RegisterExtension static final BackendExtension BACKEND = BackendExtension.embedded();

  BackendTest(TestBed bed) {
    super(bed);
  }
}
