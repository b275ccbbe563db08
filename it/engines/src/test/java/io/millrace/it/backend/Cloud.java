package io.millrace.it.backend;

import java.util.List;

/** What a run makes and removes, and how it looks what is there. */
interface Cloud {

  /** Kinds of what can be made. */
  enum Type {
    STREAM("stream"),
    TABLE("table"),
    BUCKET("bucket");

    private final String word;

    Type(String word) {
      this.word = word;
    }

    String word() {
      return word;
    }
  }

  /** Something with a name of its own. */
  record Thing(Type type, String name) {
    @Override
    public String toString() {
      return type.word() + " " + name;
    }
  }

  /** Returns when it can be used. */
  void createStream(String name, int shards);

  void createBucket(String name);

  /** Whether or not it is there, with all that is in it. */
  void remove(Thing thing);

  /** Everything whose name begins so. */
  List<Thing> startingWith(String prefix);
}
