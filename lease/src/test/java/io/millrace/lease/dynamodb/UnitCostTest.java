package io.millrace.lease.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseStore.OwnerResult;
import io.millrace.lease.PendingCheckpoint;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionLoad;
import io.millrace.lease.SessionPage;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** What a fleet pays: a write unit is 1 KB of item, a consistent read unit 4 KB. */
class UnitCostTest {

  /** As long as they are before they are shortened, on a page and in a fleet of some age. */
  private static final String WORKER_ID = "ip-10-123-234-145-3f9a1c77-abcde";

  private final String table = LocalTables.newTable();
  private final DynamoDbLeaseStore store =
      DynamoDbLeaseStore.builder(LocalTables.client(), table).build();

  @BeforeEach
  void createFirstPage() {
    await(store.createPage(0));
  }

  @Test
  void a_full_page_of_long_worker_ids_stays_below_1000_bytes() {
    assertThat(WORKER_ID).hasSize(SessionId.MAX_WORKER_ID_CHARS);
    fillPage();

    long bytes = bytes(LocalTables.get(table, "$sessions/0"));

    assertThat(bytes).isBetween(700L, 999L);
  }

  @Test
  void a_heartbeat_on_a_full_page_costs_one_write_unit() {
    Session last = fillPage();
    LocalTables.recorder().clear();

    await(store.beat(last.withBeat(last.beat() + 1)));

    assertThat(LocalTables.recorder().units()).containsExactly(1.0);
  }

  @Test
  void reading_a_full_page_costs_one_read_unit() {
    fillPage();
    LocalTables.recorder().clear();

    await(store.readPage(0));

    assertThat(LocalTables.recorder().units()).containsExactly(1.0);
  }

  @Test
  void a_claim_a_checkpoint_and_a_hand_off_cost_one_write_unit_each() {
    Lease lease = await(store.create(lease("shardId-000000000001")));
    SessionId me = SessionId.create(WORKER_ID, 99, 999_999, -1);
    LocalTables.recorder().clear();

    Lease claimed =
        ((OwnerResult.Done) await(store.claim(lease, me, OptionalLong.of(1_700_000_000_000L))))
            .lease();
    Checkpoint next = Checkpoint.at(SequenceNumber.of("4".repeat(56)), 0);
    PendingCheckpoint pending = new PendingCheckpoint(next, new byte[200]);
    await(store.prepare(claimed.heldBy(me), lease.checkpoint(), null, pending));
    await(store.checkpoint(claimed.heldBy(me), lease.checkpoint(), next));
    await(store.announce(claimed.heldBy(me), me));
    await(store.handOff(claimed.heldBy(me), Optional.of(me)));

    assertThat(LocalTables.recorder().units()).containsExactly(1.0, 1.0, 1.0, 1.0, 1.0);
  }

  @Test
  void a_scan_of_many_leases_costs_a_read_unit_for_every_4_kb() {
    int leases = 200;
    for (int i = 0; i < leases; i++) {
      await(store.create(lease("shardId-" + String.format("%012d", i))));
    }
    LocalTables.recorder().clear();

    await(store.scan());

    double units = LocalTables.recorder().units().stream().mapToDouble(u -> u).sum();
    assertThat(units).isBetween(5.0, 15.0);
  }

  private Session fillPage() {
    Session last = null;
    for (int i = 0; i < SessionPage.MAX_SESSIONS; i++) {
      // joins of a page that many thousands have joined before
      long joins = 999_980L + i;
      LocalTables.client()
          .updateItem(
              u ->
                  u.tableName(table)
                      .key(Map.of("leaseKey", AttributeValue.fromS("$sessions/0")))
                      .updateExpression("SET joins = :j, ver = :v, generation = :v")
                      .expressionAttributeValues(
                          Map.of(
                              ":j", AttributeValue.fromN(Long.toString(joins)),
                              ":v", AttributeValue.fromN("987654321"))))
          .join();
      last =
          new Session(
              SessionId.create(WORKER_ID, 0, joins, -1 - i),
              1_234_567_891,
              123_456,
              12_345,
              54_321,
              new SessionLoad(SessionLoad.Unit.BYTES, 1_234_567_891_234L),
              true);
      await(store.join(last));
    }
    return last;
  }

  private static Lease lease(String key) {
    SortedSet<LeaseKey> parents = new TreeSet<>();
    parents.add(LeaseKey.of("shardId-000000000000"));
    return Lease.unowned(
        LeaseKey.of(key), Checkpoint.AT_TIMESTAMP, OptionalLong.of(5), parents, HashKeyRange.ALL);
  }

  /** As DynamoDB documents the size of an item. */
  private static long bytes(Map<String, AttributeValue> item) {
    long bytes = 0;
    for (Map.Entry<String, AttributeValue> attribute : item.entrySet()) {
      bytes += utf8(attribute.getKey()) + bytes(attribute.getValue());
    }
    return bytes;
  }

  private static long bytes(AttributeValue value) {
    return switch (value.type()) {
      case S -> utf8(value.s());
      // one byte for two digits, and one; a sign takes another
      case N ->
          (value.n().replace("-", "").length() + 1) / 2 + 1 + (value.n().startsWith("-") ? 1 : 0);
      case BOOL -> 1;
      case M -> 3 + value.m().size() + bytes(value.m());
      default -> throw new AssertionError("no page holds " + value);
    };
  }

  private static long utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }
}
