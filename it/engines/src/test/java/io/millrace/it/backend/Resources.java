package io.millrace.it.backend;

import io.millrace.it.backend.Cloud.Thing;
import io.millrace.it.backend.Cloud.Type;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * What a run has made, so that all of it is removed: each name is on the list before anything is
 * made under it. Safe for use by several threads.
 */
final class Resources {

  private final Cloud cloud;
  private final String prefix;
  private final Deque<Thing> made = new ArrayDeque<>();
  private int names;

  /**
   * @param prefix all names begin with it; no other run has the same
   */
  Resources(Cloud cloud, String prefix) {
    this.cloud = cloud;
    this.prefix = prefix;
  }

  String prefix() {
    return prefix;
  }

  /** A new stream that can be used; returns its name. */
  String stream(int shards) {
    String name = noted(Type.STREAM);
    cloud.createStream(name, shards);
    return name;
  }

  /** A name for a table, such as an application's, that whoever uses it makes. */
  String table() {
    return noted(Type.TABLE);
  }

  /** A new bucket; returns its name. */
  String bucket() {
    String name = noted(Type.BUCKET);
    cloud.createBucket(name);
    return name;
  }

  private synchronized String noted(Type type) {
    names++;
    String name = prefix + type.word() + "-" + names;
    made.push(new Thing(type, name));
    return name;
  }

  /**
   * Removes everything, the last first, however many of the removals fail.
   *
   * @throws IllegalStateException if something of this run is still there; it names it
   */
  synchronized void removeAll() {
    List<RuntimeException> failures = new ArrayList<>();
    while (!made.isEmpty()) {
      try {
        cloud.remove(made.pop());
      } catch (RuntimeException e) {
        failures.add(e);
      }
    }
    List<Thing> left = cloud.startingWith(prefix);
    if (!left.isEmpty()) {
      IllegalStateException e =
          new IllegalStateException(
              "The run could not remove what it made; remove it yourself: " + left);
      failures.forEach(e::addSuppressed);
      throw e;
    }
  }
}
