package io.millrace.it.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KindTest {

  @Test
  void the_embedded_backend_is_chosen_unless_another_is_named() {
    assertThat(Kind.chosen(Settings.of(Map.of()))).isEqualTo(Kind.EMBEDDED);
    for (Kind kind : Kind.values()) {
      assertThat(Kind.chosen(Settings.of(Map.of("it.backend", kind.text())))).isEqualTo(kind);
    }
  }

  @Test
  void a_backend_that_there_is_not_is_refused_with_those_there_are() {
    assertThatThrownBy(() -> Kind.chosen(Settings.of(Map.of("it.backend", "gcp"))))
        .hasMessage(
            "-Dit.backend=gcp is not allowed; allowed: "
                + String.join(", ", Arrays.stream(Kind.values()).map(Kind::text).toList()));
  }

  @Test
  void aws_is_not_touched_without_a_confirmation_and_a_region() {
    assertThatThrownBy(() -> Kind.AWS.start(Settings.of(Map.of("it.aws.region", "eu-west-1"))))
        .isInstanceOf(NotStartedException.class)
        .hasMessageContaining("costs money")
        .hasMessageContaining("-Dit.aws.confirm=yes");
    assertThatThrownBy(
            () ->
                Kind.AWS.start(
                    Settings.of(Map.of("it.aws.region", "eu-west-1", "it.aws.confirm", "true"))))
        .hasMessageContaining("-Dit.aws.confirm=yes");
    assertThatThrownBy(() -> Kind.AWS.start(Settings.of(Map.of("it.aws.confirm", "yes"))))
        .hasMessageContaining("-Dit.aws.region=");
  }

  @Test
  void aws_says_what_it_will_cost_and_where_and_has_no_endpoints() {
    AwsBackend aws =
        new AwsBackend(Settings.of(Map.of("it.aws.confirm", "yes", "it.aws.region", "eu-west-1")));
    assertThat(aws.services()).isEqualTo(new Services(Map.of(), "eu-west-1"));
    assertThat(aws.warning("run-1-"))
        .contains("COSTS MONEY", "eu-west-1", "begin with run-1-", "remove them yourself");
  }

  @Test
  void where_the_services_are_reaches_a_process_of_its_own() {
    Services local = Services.at(java.net.URI.create("http://127.0.0.1:4566"));
    assertThat(Services.of(local.text())).isEqualTo(local);
    Services aws = new Services(Map.of(), "eu-west-1");
    assertThat(Services.of(aws.text())).isEqualTo(aws);
  }

  @Test
  void every_difference_is_one_of_some_backend() {
    Set<Difference> known = EnumSet.noneOf(Difference.class);
    Arrays.stream(Kind.values()).forEach(kind -> known.addAll(kind.differences()));
    assertThat(known).containsExactlyInAnyOrder(Difference.values());
    assertThat(Kind.AWS.differences()).isEmpty();
  }
}
