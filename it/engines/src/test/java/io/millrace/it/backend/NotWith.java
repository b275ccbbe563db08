package io.millrace.it.backend;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A test that cannot run on a backend with one of these differences. It is not skipped in silence:
 * the run counts it, and says which difference it was.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface NotWith {
  Difference[] value();
}
