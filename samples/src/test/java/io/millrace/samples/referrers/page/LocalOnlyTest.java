package io.millrace.samples.referrers.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.samples.referrers.page.LocalOnly.Asked;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LocalOnlyTest {

  private static final String JSON = "application/json";

  @ParameterizedTest
  @ValueSource(strings = {"localhost:8080", "127.0.0.1:8080", "[::1]:8080"})
  void this_machine_s_names_are_let_through(String host) {
    assertThat(new Asked(8080, false, host, null, null, null).refusal()).isNull();
    assertThat(new Asked(8080, true, host, "http://" + host, "same-origin", JSON).refusal())
        .isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"evil.example:8080", "localhost:8081", "localhost", "localhost.evil.example:8080"})
  void another_host_is_refused_with_the_address_to_open(String host) {
    assertThat(new Asked(8080, false, host, null, null, null).refusal())
        .contains(host)
        .contains("http://localhost:8080/");
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "http://evil.example, -, application/json",
        "null, -, application/json",
        "https://localhost:8080, -, application/json",
        "http://localhost:9090, -, application/json",
        "-, cross-site, application/json",
        "-, same-site, application/json",
        "-, -, text/plain",
        "-, -, application/x-www-form-urlencoded",
        "-, -, -"
      })
  void what_another_site_can_make_a_browser_send_is_refused(
      String origin, String site, String contentType) {
    assertThat(new Asked(8080, true, "localhost:8080", origin, site, contentType).refusal())
        .isNotNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1"})
  void at_the_port_of_http_it_need_not_be_named(String host) {
    assertThat(new Asked(80, false, host, null, null, null).refusal()).isNull();
  }
}
