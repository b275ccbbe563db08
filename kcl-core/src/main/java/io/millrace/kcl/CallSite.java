package io.millrace.kcl;

import java.util.Optional;

/** Where a thread is, in a few words: what it does, and which line of whose code asked for that. */
final class CallSite {

  private CallSite() {}

  /**
   * @param stack innermost call first
   */
  static Optional<String> of(StackTraceElement[] stack) {
    if (stack.length == 0) {
      return Optional.empty();
    }
    for (StackTraceElement frame : stack) {
      if (!isLibrary(frame.getClassName())) {
        return Optional.of(frame == stack[0] ? frame.toString() : frame + ", in " + name(stack[0]));
      }
    }
    return Optional.of(stack[0].toString());
  }

  private static boolean isLibrary(String className) {
    return className.startsWith("java.")
        || className.startsWith("javax.")
        || className.startsWith("jdk.")
        || className.startsWith("sun.")
        || className.startsWith("software.amazon.awssdk.")
        || className.equals("io.millrace.kcl.BlockingCheckpointer");
  }

  private static String name(StackTraceElement frame) {
    return frame.getClassName() + "." + frame.getMethodName();
  }
}
