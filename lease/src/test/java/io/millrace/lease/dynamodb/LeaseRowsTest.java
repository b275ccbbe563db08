package io.millrace.lease.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.lease.Application;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.HeldLease;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseScan;
import io.millrace.lease.LeaseStore.OwnerResult;
import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.LeaseStoreException.Kind;
import io.millrace.lease.PendingCheckpoint;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.GetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/** What the rows look like in the table, also those that somebody else wrote. */
class LeaseRowsTest {

  private static final String SHARD = "shardId-000000000001";
  private static final SessionId ALICE = SessionId.create("alice", 0, 0, 11);
  private static final SessionId BOB = SessionId.create("bob", 0, 1, 22);
  private static final Checkpoint FIRST =
      at("49590338271490256608559692538361571095921575989136588898");
  private static final Checkpoint SECOND =
      at("49590338271490256608559692540925702759324208523137515618");

  private final String table = LocalTables.newTable();
  private final DynamoDbLeaseStore store =
      DynamoDbLeaseStore.builder(LocalTables.client(), table).build();

  // ---- the layout

  @Test
  void a_lease_row_has_the_attributes_and_types_of_the_kinesis_client_library() {
    await(
        store.create(
            new Lease(
                LeaseKey.of(SHARD),
                "owner",
                41,
                Checkpoint.at(SequenceNumber.of("123"), 7),
                new PendingCheckpoint(Checkpoint.at(SequenceNumber.of("456"), 8), new byte[] {5}),
                17L,
                keys("p1", "p2"),
                keys("c"),
                HashKeyRange.of("10", "20"),
                18L,
                BOB,
                3)));

    assertThat(LocalTables.get(table, SHARD))
        .isEqualTo(
            Map.ofEntries(
                Map.entry("leaseKey", s(SHARD)),
                Map.entry("leaseOwner", s("owner")),
                Map.entry("leaseCounter", n(41)),
                Map.entry("ownerSwitchesSinceCheckpoint", n(3)),
                Map.entry("checkpoint", s("123")),
                Map.entry("checkpointSubSequenceNumber", n(7)),
                Map.entry("pendingCheckpoint", s("456")),
                Map.entry("pendingCheckpointSubSequenceNumber", n(8)),
                Map.entry(
                    "pendingCheckpointState",
                    AttributeValue.fromB(SdkBytes.fromByteArray(new byte[] {5}))),
                Map.entry("parentShardId", AttributeValue.fromSs(List.of("p1", "p2"))),
                Map.entry("childShardIds", AttributeValue.fromSs(List.of("c"))),
                Map.entry("startingHashKey", s("10")),
                Map.entry("endingHashKey", s("20")),
                Map.entry("startAtMillis", n(17)),
                Map.entry("endedAtMillis", n(18)),
                Map.entry("heir", s(BOB.value()))));
  }

  @Test
  void a_fresh_lease_row_has_no_empty_attributes() {
    await(store.create(unowned(SHARD)));

    assertThat(LocalTables.get(table, SHARD).keySet())
        .containsExactlyInAnyOrder(
            "leaseKey",
            "leaseCounter",
            "ownerSwitchesSinceCheckpoint",
            "checkpoint",
            "checkpointSubSequenceNumber");
  }

  @Test
  void a_checkpoint_and_a_release_remove_the_attributes_that_ended() {
    HeldLease held = claim(await(store.create(unowned(SHARD)))).heldBy(ALICE);
    await(store.announce(held, BOB));
    await(
        store.prepare(
            held, Checkpoint.TRIM_HORIZON, null, new PendingCheckpoint(SECOND, new byte[] {1})));
    await(store.checkpoint(held, Checkpoint.TRIM_HORIZON, FIRST));
    await(store.handOff(held, Optional.empty()));

    assertThat(LocalTables.get(table, SHARD).keySet())
        .containsExactlyInAnyOrder(
            "leaseKey",
            "leaseCounter",
            "ownerSwitchesSinceCheckpoint",
            "checkpoint",
            "checkpointSubSequenceNumber");
  }

  @Test
  void a_row_of_a_multi_stream_application_names_its_stream_and_shard_ids_without_it() {
    String stream = "123456789012:orders:1700000000:";
    Lease lease =
        new Lease(
            LeaseKey.of(stream + SHARD),
            null,
            0,
            Checkpoint.TRIM_HORIZON,
            null,
            null,
            keys(stream + "p1"),
            keys(stream + "c1", stream + "c2"),
            null,
            null,
            null,
            0);

    assertThat(await(store.create(lease))).isEqualTo(lease);
    assertThat(LocalTables.get(table, stream + SHARD))
        .containsEntry("streamName", s("123456789012:orders:1700000000"))
        .containsEntry("shardId", s(SHARD))
        .containsEntry("parentShardId", AttributeValue.fromSs(List.of("p1")))
        .containsEntry("childShardIds", AttributeValue.fromSs(List.of("c1", "c2")));
    assertThat(await(store.readLease(lease.key()))).contains(lease);
  }

  @Test
  void rows_that_are_no_leases_say_what_they_are_and_carry_no_lease_counter() {
    await(store.createApplication(new Application("arn", 5, "LATEST", 17L, false)));
    await(store.markInitialised());
    await(store.createPage(0));
    await(store.createPage(1));
    await(store.join(session(ALICE, 1)));
    await(store.beat(session(ALICE, 2)));
    await(store.bump());
    await(store.leave(ALICE));

    for (String key : List.of("$application", "$sessions/0", "$sessions/1")) {
      assertThat(LocalTables.get(table, key))
          .containsKey("entityType")
          .doesNotContainKeys("leaseCounter", "checkpoint", "leaseOwner");
    }
    assertThat(LocalTables.get(table, "$sessions/1")).doesNotContainKeys("pageCount", "generation");
  }

  // ---- rows of others

  @Test
  void a_row_of_the_kinesis_client_library_is_read_claimed_and_keeps_what_we_do_not_know() {
    Map<String, AttributeValue> row = kclRow();
    row.put("throughputKBps", AttributeValue.fromN("12.75"));
    row.put("somethingNew", AttributeValue.fromM(Map.of("a", AttributeValue.fromBool(true))));
    row.put("checkpointOwner", s("kcl-worker-2"));
    LocalTables.put(table, row);

    Lease seen = await(store.readLease(LeaseKey.of(SHARD))).orElseThrow();
    assertThat(seen.owner()).isEqualTo("kcl-worker-1");
    assertThat(seen.isForeignOwned()).isTrue();
    assertThat(seen.checkpoint()).isEqualTo(FIRST);
    assertThat(seen.parents()).isEqualTo(keys("shardId-000000000000"));
    assertThat(seen.hashKeyRange()).isEqualTo(HashKeyRange.ALL);

    Lease held = claim(seen);
    done(store.checkpoint(held.heldBy(ALICE), FIRST, SECOND));
    done(store.announce(held.heldBy(ALICE), BOB));
    done(store.prepare(held.heldBy(ALICE), SECOND, null, new PendingCheckpoint(SECOND, null)));
    done(store.endShard(held.heldBy(ALICE), SECOND, keys("c"), 5));
    done(store.handOff(held.heldBy(ALICE), Optional.of(BOB)));

    assertThat(LocalTables.get(table, SHARD))
        .containsEntry("throughputKBps", AttributeValue.fromN("12.75"))
        .containsEntry("somethingNew", row.get("somethingNew"))
        .doesNotContainKey("checkpointOwner");
  }

  @Test
  void a_pending_hand_off_of_another_library_ends_with_the_claim() {
    Map<String, AttributeValue> row = kclRow();
    row.put("checkpointOwner", s("kcl-worker-2"));
    LocalTables.put(table, row);

    claim(await(store.readLease(LeaseKey.of(SHARD))).orElseThrow());

    assertThat(LocalTables.get(table, SHARD)).doesNotContainKey("checkpointOwner");
  }

  @Test
  void a_row_without_sub_sequence_number_or_owner_switches_is_a_lease_that_can_be_worked_on() {
    Map<String, AttributeValue> row = kclRow();
    row.remove("checkpointSubSequenceNumber");
    row.remove("ownerSwitchesSinceCheckpoint");
    LocalTables.put(table, row);

    Lease held = claim(await(store.readLease(LeaseKey.of(SHARD))).orElseThrow());

    assertThat(held.ownerSwitchesSinceCheckpoint()).isEqualTo(1);
    assertThat(done(store.checkpoint(held.heldBy(ALICE), FIRST, SECOND)).checkpoint())
        .isEqualTo(SECOND);
  }

  @Test
  void a_sentinel_with_a_stray_sub_sequence_number_can_be_checkpointed_from() {
    Map<String, AttributeValue> row = kclRow();
    row.put("checkpoint", s("LATEST"));
    row.put("checkpointSubSequenceNumber", n(3));
    LocalTables.put(table, row);

    Lease seen = await(store.readLease(LeaseKey.of(SHARD))).orElseThrow();
    Lease held = done(store.claim(seen, ALICE, OptionalLong.of(17)));

    assertThat(done(store.checkpoint(held.heldBy(ALICE), held.checkpoint(), SECOND)).checkpoint())
        .isEqualTo(SECOND);
  }

  @Test
  void a_row_of_another_kind_is_no_lease_and_no_problem() {
    LocalTables.put(table, Map.of("leaseKey", s("worker-metrics-1"), "entityType", s("METRICS")));
    LocalTables.put(table, Map.of("leaseKey", s("$whatever")));
    await(store.create(unowned(SHARD)));

    LeaseScan scan = await(store.scan());

    assertThat(scan.leases()).extracting(lease -> lease.key().value()).containsExactly(SHARD);
    assertThat(scan.unreadable()).isEmpty();
  }

  static Stream<Arguments> damage() {
    return Stream.of(
        Arguments.of("leaseCounter", null, "missing"),
        Arguments.of("leaseCounter", s("seven"), "'seven' (S)"),
        Arguments.of("leaseCounter", AttributeValue.fromN("1.5"), "1.5 (N)"),
        Arguments.of("leaseCounter", n(-1), "-1 (N)"),
        Arguments.of(
            "leaseCounter", AttributeValue.fromN("99999999999999999999"), "99999999999999999999"),
        Arguments.of("leaseOwner", n(5), "5 (N)"),
        Arguments.of("leaseOwner", AttributeValue.fromNul(true), "null (NUL)"),
        Arguments.of("ownerSwitchesSinceCheckpoint", s("x"), "'x' (S)"),
        Arguments.of("checkpoint", null, "missing"),
        Arguments.of("checkpoint", s("somewhere"), "'somewhere' (S)"),
        Arguments.of("checkpoint", n(123), "123 (N)"),
        Arguments.of("checkpoint", s(""), "'' (S)"),
        Arguments.of("checkpointSubSequenceNumber", n(-2), "-2 (N)"),
        Arguments.of("pendingCheckpoint", s("soon"), "'soon' (S)"),
        Arguments.of("pendingCheckpointState", s("text"), "'text' (S)"),
        Arguments.of("parentShardId", s("shardId-0"), "'shardId-0' (S)"),
        Arguments.of("childShardIds", AttributeValue.fromNs(List.of("1")), "[1] (NS)"),
        Arguments.of("startingHashKey", s("zero"), "'zero' (S)"),
        Arguments.of("startingHashKey", null, "missing"),
        Arguments.of("endingHashKey", n(5), "5 (N)"),
        Arguments.of("startAtMillis", s("noon"), "'noon' (S)"),
        Arguments.of("endedAtMillis", AttributeValue.fromBool(true), "true (BOOL)"),
        Arguments.of("heir", s("nobody"), "'nobody' (S)"));
  }

  @ParameterizedTest
  @MethodSource("damage")
  void a_damaged_row_is_reported_with_attribute_value_and_expectation(
      String attribute, AttributeValue value, String shown) {
    Map<String, AttributeValue> row = kclRow();
    row.put("pendingCheckpoint", s("12"));
    if (value == null) {
      row.remove(attribute);
    } else {
      row.put(attribute, value);
    }
    LocalTables.put(table, row);
    await(store.create(unowned("healthy")));

    LeaseScan scan = await(store.scan());

    assertThat(scan.leases()).extracting(lease -> lease.key().value()).containsExactly("healthy");
    assertThat(scan.unreadable()).hasSize(1);
    assertThat(scan.unreadable().get(0).key()).isEqualTo(SHARD);
    assertThat(scan.unreadable().get(0).problem())
        .contains("'" + attribute + "'", shown, "expected");
    assertThatThrownBy(() -> await(store.readLease(LeaseKey.of(SHARD))))
        .isInstanceOfSatisfying(
            LeaseStoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.INVALID))
        .hasMessageContainingAll(SHARD, table, attribute, shown);
  }

  @Test
  void a_damaged_page_fails_with_attribute_value_and_expectation() {
    await(store.createPage(0));
    Map<String, AttributeValue> row = new HashMap<>(LocalTables.get(table, "$sessions/0"));
    row.put("s", AttributeValue.fromM(Map.of(ALICE.value(), AttributeValue.fromM(Map.of()))));
    LocalTables.put(table, row);

    assertThatThrownBy(() -> await(store.readPage(0)))
        .isInstanceOf(LeaseStoreException.class)
        .hasMessageContainingAll("$sessions/0", "'s." + ALICE + ".b'", "missing");

    row.put("s", s("none"));
    LocalTables.put(table, row);
    assertThatThrownBy(() -> await(store.beat(session(ALICE, 1))))
        .isInstanceOf(LeaseStoreException.class)
        .hasMessageContainingAll("$sessions/0", "'s'", "'none' (S)");
    assertThatThrownBy(() -> await(store.join(session(ALICE, 1))))
        .isInstanceOfSatisfying(
            LeaseStoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.INVALID))
        .hasMessageContainingAll("$sessions/0", "damaged");
  }

  @Test
  void a_session_id_may_hold_any_ascii_character() {
    await(store.createPage(0));
    SessionId odd = SessionId.create("a.b#c:d [0]\"'\\$@x", 0, 0, 5);

    await(store.join(session(odd, 1)));
    await(store.beat(session(odd, 2)));

    assertThat(await(store.readPage(0)).orElseThrow().session(odd)).contains(session(odd, 2));
    await(store.leave(odd));
    assertThat(await(store.readPage(0)).orElseThrow().sessions()).isEmpty();
  }

  // ---- the requests

  @Test
  void a_scan_reads_page_after_page_and_consistently() {
    byte[] large = new byte[300_000];
    for (int i = 0; i < 9; i++) {
      await(
          store.create(
              new Lease(
                  LeaseKey.of("shard-" + i),
                  null,
                  0,
                  FIRST,
                  new PendingCheckpoint(SECOND, large),
                  null,
                  keys(),
                  keys(),
                  null,
                  null,
                  null,
                  0)));
    }
    LocalTables.recorder().clear();

    LeaseScan scan = await(store.scan());

    assertThat(scan.leases()).extracting(lease -> lease.key().value()).hasSize(9).isSorted();
    assertThat(LocalTables.recorder().requests())
        .hasSizeGreaterThanOrEqualTo(3)
        .allSatisfy(request -> assertThat(((ScanRequest) request).consistentRead()).isTrue());
  }

  @Test
  void every_write_but_delete_is_an_update_that_shows_the_row_before_or_after() {
    LocalTables.recorder().clear();
    await(store.createApplication(new Application("arn", 5, "LATEST", 17L, false)));
    await(store.markInitialised());
    await(store.createPage(0));
    await(store.createPage(1));
    await(store.join(session(ALICE, 1)));
    await(store.beat(session(ALICE, 2)));
    await(store.expire(ALICE, 2));
    await(store.leave(ALICE));
    await(store.bump());
    Lease lease = await(store.create(unowned(SHARD)));
    HeldLease held = claim(lease).heldBy(ALICE);
    await(store.prepare(held, Checkpoint.TRIM_HORIZON, null, new PendingCheckpoint(FIRST, null)));
    await(store.checkpoint(held, Checkpoint.TRIM_HORIZON, FIRST));
    await(store.announce(held, BOB));
    Lease ended = done(store.endShard(held, FIRST, keys(), 5));
    await(store.handOff(held, Optional.of(BOB)));
    await(store.delete(ended));
    await(store.readLease(lease.key()));

    assertThat(LocalTables.recorder().requests())
        .hasSize(19)
        .allSatisfy(
            request -> {
              if (request instanceof UpdateItemRequest update) {
                assertThat(update.returnValues()).isEqualTo(ReturnValue.ALL_NEW);
                assertThat(update.conditionExpression()).isNotBlank();
                assertThat(update.returnValuesOnConditionCheckFailure())
                    .isEqualTo(ReturnValuesOnConditionCheckFailure.ALL_OLD);
              } else if (request instanceof DeleteItemRequest delete) {
                assertThat(delete.conditionExpression()).isNotBlank();
                assertThat(delete.returnValuesOnConditionCheckFailure())
                    .isEqualTo(ReturnValuesOnConditionCheckFailure.ALL_OLD);
              } else {
                assertThat(((GetItemRequest) request).consistentRead()).isTrue();
              }
            });
  }

  // ---- helpers

  private static Map<String, AttributeValue> kclRow() {
    Map<String, AttributeValue> row = new HashMap<>();
    row.put("leaseKey", s(SHARD));
    row.put("leaseOwner", s("kcl-worker-1"));
    row.put("leaseCounter", n(977));
    row.put("ownerSwitchesSinceCheckpoint", n(0));
    row.put("checkpoint", s(FIRST.text()));
    row.put("checkpointSubSequenceNumber", n(0));
    row.put("parentShardId", AttributeValue.fromSs(List.of("shardId-000000000000")));
    row.put("startingHashKey", s("0"));
    row.put("endingHashKey", s(HashKeyRange.MAX.toString()));
    return row;
  }

  private Lease claim(Lease seen) {
    return done(store.claim(seen, ALICE, OptionalLong.empty()));
  }

  private static Lease done(CompletionStage<OwnerResult> stage) {
    return ((OwnerResult.Done) await(stage)).lease();
  }

  private static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      throw (RuntimeException) e.getCause();
    }
  }

  private static Lease unowned(String key) {
    return Lease.unowned(
        LeaseKey.of(key), Checkpoint.TRIM_HORIZON, OptionalLong.empty(), keys(), null);
  }

  private static Session session(SessionId id, long beat) {
    return new Session(id, beat, 6_000, 100, Integer.MAX_VALUE, null, false);
  }

  private static Checkpoint at(String digits) {
    return Checkpoint.at(SequenceNumber.of(digits), 0);
  }

  private static SortedSet<LeaseKey> keys(String... keys) {
    SortedSet<LeaseKey> set = new TreeSet<>();
    for (String key : keys) {
      set.add(LeaseKey.of(key));
    }
    return set;
  }

  private static AttributeValue s(String value) {
    return AttributeValue.fromS(value);
  }

  private static AttributeValue n(long value) {
    return AttributeValue.fromN(Long.toString(value));
  }
}
