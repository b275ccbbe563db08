package io.millrace.kcl.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.engine.ShardCheckpointer.LeaseLostException;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionLoad;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MeterEventsTest {

  private static final LeaseKey A = LeaseKey.of("shardId-000000000001");
  private static final LeaseKey B = LeaseKey.of("shardId-000000000002");

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final MeterEvents events = new MeterEvents(registry, "counter-app", "clicks");

  private double counter(String name, String... tags) {
    return registry.get(name).tags(tags).counter().count();
  }

  private double gauge(String name) {
    return registry.get(name).gauge().value();
  }

  private long timings(String name, String... tags) {
    return registry.get(name).tags(tags).timer().count();
  }

  @Test
  void deliveries_count_records_and_bytes() {
    events.delivered(A, 10, 1_000, 0);
    events.delivered(B, 5, 500, 0);
    assertThat(counter("millrace.records")).isEqualTo(15);
    assertThat(counter("millrace.bytes")).isEqualTo(1_500);
  }

  @Test
  void behind_latest_is_that_of_the_shard_furthest_behind_among_those_still_held() {
    events.delivered(A, 1, 1, 90_000);
    events.delivered(B, 1, 1, 400);
    assertThat(gauge("millrace.millis.behind.latest")).isEqualTo(90_000);
    events.leaseLost(A, 3, "claimed by another");
    assertThat(gauge("millrace.millis.behind.latest")).isEqualTo(400);
    events.leaseGiven(B, 4, null, "shutdown");
    assertThat(gauge("millrace.millis.behind.latest")).isZero();
  }

  @Test
  void load_is_shown_beside_the_fair_share_only_where_it_is_measured() {
    assertThat(registry.find("millrace.load").gauge()).isNull();
    events.loadMeasured(new SessionLoad(SessionLoad.Unit.BYTES, 900), 700);
    events.loadMeasured(new SessionLoad(SessionLoad.Unit.BYTES, 800), 750);
    assertThat(registry.get("millrace.load").tag("unit", "bytes").gauge().value()).isEqualTo(800);
    assertThat(registry.get("millrace.load.fair").tag("unit", "bytes").gauge().value())
        .isEqualTo(750);
    events.close();
    assertThat(registry.find("millrace.load").gauge()).isNull();
  }

  @Test
  void processing_is_timed_by_outcome_and_a_shard_counts_as_retrying_until_it_succeeds() {
    events.processed(A, 5, new IllegalStateException(), 1);
    events.processed(A, 5, new IllegalStateException(), 2);
    assertThat(gauge("millrace.retrying.shards")).isEqualTo(1);
    events.processed(A, 5, null, 3);
    assertThat(gauge("millrace.retrying.shards")).isZero();
    assertThat(timings("millrace.process.time", "outcome", "failure")).isEqualTo(2);
    assertThat(timings("millrace.process.time", "outcome", "success")).isEqualTo(1);
  }

  @Test
  void a_delivery_that_the_lease_did_not_allow_is_no_failure_of_the_processor() {
    events.processed(A, 5, new LeaseLostException("fenced"), 1);
    assertThat(gauge("millrace.retrying.shards")).isZero();
    assertThat(timings("millrace.process.time", "outcome", "failure")).isZero();
  }

  @Test
  void leases_are_counted_as_they_come_and_go() {
    events.leasesOwned(7);
    events.leaseTaken(A, 1, "claimed");
    events.leaseTaken(A, 2, "handed over");
    events.leaseTaken(A, 2, "some new way");
    events.leaseLost(A, 2, "expired");
    events.leaseGiven(A, 2, "worker-b@0.1-abcd", "balance");
    events.leaseGiven(A, 2, null, "shutdown");
    events.shardFinished(A);
    assertThat(gauge("millrace.leases.owned")).isEqualTo(7);
    assertThat(counter("millrace.claims", "outcome", "claimed")).isEqualTo(1);
    assertThat(counter("millrace.claims", "outcome", "adopted")).isEqualTo(1);
    assertThat(counter("millrace.claims", "outcome", "other")).isEqualTo(1);
    assertThat(counter("millrace.leases.lost")).isEqualTo(1);
    assertThat(counter("millrace.leases.given", "outcome", "handed.off")).isEqualTo(1);
    assertThat(counter("millrace.leases.given", "outcome", "released")).isEqualTo(1);
    assertThat(counter("millrace.shards.finished")).isEqualTo(1);
  }

  @Test
  void heartbeats_checkpoints_and_trouble_are_counted() {
    events.beat(true, 12);
    events.beat(false, 1_000);
    events.fenced(true);
    events.checkpointed(A, Checkpoint.SHARD_END, 8);
    events.readThrottled(A);
    events.readFailed(A, new IllegalStateException());
    events.gap(A, "trimmed");
    events.storeTrouble("checkpoint", new IllegalStateException());
    events.sessionExpired("worker-b@0.1-abcd");
    assertThat(timings("millrace.heartbeats", "outcome", "success")).isEqualTo(1);
    assertThat(timings("millrace.heartbeats", "outcome", "failure")).isEqualTo(1);
    assertThat(gauge("millrace.fenced")).isEqualTo(1);
    assertThat(timings("millrace.checkpoint.time")).isEqualTo(1);
    assertThat(counter("millrace.read.throttles")).isEqualTo(1);
    assertThat(counter("millrace.read.failures")).isEqualTo(1);
    assertThat(counter("millrace.gaps")).isEqualTo(1);
    assertThat(counter("millrace.store.failures")).isEqualTo(1);
    assertThat(counter("millrace.sessions.expired")).isEqualTo(1);
  }

  @Test
  void no_meter_is_tagged_by_shard_however_many_shards_come_and_go() {
    int before = registry.getMeters().size();
    for (int i = 0; i < 1_000; i++) {
      events.delivered(LeaseKey.of("shardId-" + i), 1, 1, 1);
    }
    assertThat(registry.getMeters()).hasSize(before);
    assertThat(registry.getMeters())
        .allSatisfy(
            meter -> assertThat(meter.getId().getTag("application")).isEqualTo("counter-app"))
        .allSatisfy(meter -> assertThat(meter.getId().getTag("stream")).isEqualTo("clicks"));
  }

  @Test
  void closing_removes_every_meter() {
    events.loadMeasured(new SessionLoad(SessionLoad.Unit.RECORDS, 900), 700);
    events.close();
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void the_documentation_has_a_row_for_every_meter() throws Exception {
    events.loadMeasured(new SessionLoad(SessionLoad.Unit.RECORDS, 900), 700);
    String documentation = Files.readString(Path.of("..", "docs", "metrics.md"));
    assertThat(registry.getMeters())
        .extracting(Meter::getId)
        .extracting(Meter.Id::getName)
        .allSatisfy(name -> assertThat(documentation).contains("| `" + name + "` |"));
  }
}
