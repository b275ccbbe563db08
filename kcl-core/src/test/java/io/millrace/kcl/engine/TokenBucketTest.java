package io.millrace.kcl.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TokenBucketTest {

  @Test
  void a_debt_is_paid_at_the_rate_before_the_next_call() {
    TokenBucket bucket = new TokenBucket(10, 10, 0);
    bucket.take(30, 0);
    assertThat(bucket.availableAt(1, 0)).isEqualTo(2_100);
    assertThat(bucket.availableAt(1, 2_100)).isEqualTo(2_100);
  }

  @Test
  void it_never_saves_more_than_its_capacity() {
    TokenBucket bucket = new TokenBucket(10, 2, 0);
    bucket.take(2, 1_000_000);
    assertThat(bucket.availableAt(1, 1_000_000)).isEqualTo(1_000_100);
  }

  @Test
  void a_clock_that_stands_still_gives_nothing() {
    TokenBucket bucket = new TokenBucket(10, 1, 0);
    bucket.take(1, 0);
    assertThat(bucket.availableAt(1, 0)).isEqualTo(100);
    assertThat(bucket.availableAt(1, 0)).isEqualTo(100);
  }
}
