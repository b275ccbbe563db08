package io.millrace.it.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.it.backend.Cloud.Thing;
import io.millrace.it.backend.Cloud.Type;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ResourcesTest {

  private final MemoryCloud cloud = new MemoryCloud();
  private final Resources resources = new Resources(cloud, "run-1-");

  @Test
  void everything_that_was_made_is_removed_the_last_first() {
    String stream = resources.stream(2);
    String table = resources.table();
    cloud.things.add(new Thing(Type.TABLE, table));
    String bucket = resources.bucket();
    assertThat(cloud.things).hasSize(3).allMatch(thing -> thing.name().startsWith("run-1-"));

    resources.removeAll();
    assertThat(cloud.things).isEmpty();
    assertThat(cloud.removed)
        .containsExactly(
            new Thing(Type.BUCKET, bucket),
            new Thing(Type.TABLE, table),
            new Thing(Type.STREAM, stream));
  }

  @Test
  void what_could_not_be_made_in_time_is_removed_all_the_same() {
    cloud.failAfterCreating = true;
    assertThatThrownBy(() -> resources.stream(1)).hasMessage("it takes too long");
    assertThatThrownBy(resources::bucket).hasMessage("it takes too long");
    assertThat(cloud.things).hasSize(2);

    resources.removeAll();
    assertThat(cloud.things).isEmpty();
  }

  @Test
  void one_removal_that_fails_does_not_keep_the_others_and_is_named() {
    resources.bucket();
    String stuck = resources.stream(1);
    resources.bucket();
    cloud.stuck = stuck;

    assertThatThrownBy(resources::removeAll)
        .hasMessageContaining("remove it yourself: [stream " + stuck + "]")
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    assertThat(cloud.things).containsExactly(new Thing(Type.STREAM, stuck));
  }

  @Test
  void what_was_made_behind_its_back_under_its_prefix_is_named() {
    cloud.things.add(new Thing(Type.TABLE, "run-1-by-hand"));
    cloud.things.add(new Thing(Type.TABLE, "somebody-elses"));

    assertThatThrownBy(resources::removeAll).hasMessageEndingWith("[table run-1-by-hand]");
    assertThat(cloud.things).hasSize(2);
  }

  /** Keeps things in memory, and fails as it is told. */
  private static final class MemoryCloud implements Cloud {
    final Set<Thing> things = new HashSet<>();
    final List<Thing> removed = new ArrayList<>();
    boolean failAfterCreating;
    String stuck;

    @Override
    public void createStream(String name, int shards) {
      create(new Thing(Type.STREAM, name));
    }

    @Override
    public void createBucket(String name) {
      create(new Thing(Type.BUCKET, name));
    }

    private void create(Thing thing) {
      things.add(thing);
      if (failAfterCreating) {
        throw new IllegalStateException("it takes too long");
      }
    }

    @Override
    public void remove(Thing thing) {
      if (thing.name().equals(stuck)) {
        throw new IllegalStateException("access denied");
      }
      things.remove(thing);
      removed.add(thing);
    }

    @Override
    public List<Thing> startingWith(String prefix) {
      return things.stream().filter(thing -> thing.name().startsWith(prefix)).toList();
    }
  }
}
