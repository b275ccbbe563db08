package io.millrace.samples.referrers.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.samples.referrers.page.Fleet.RefusedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ActionTest {

  @Test
  void every_button_is_understood() {
    assertThat(Action.parse("{'action':'split','shard':'s1'}".replace('\'', '"')))
        .isEqualTo(new Action.Split("s1"));
    assertThat(Action.parse("{'action':'merge','shard':'a','other':'b'}".replace('\'', '"')))
        .isEqualTo(new Action.Merge("a", "b"));
    assertThat(Action.parse("{\"action\":\"add-worker\"}")).isEqualTo(new Action.AddWorker());
    assertThat(worker("stop")).isEqualTo(new Action.Stop("w"));
    assertThat(worker("kill")).isEqualTo(new Action.Kill("w"));
    assertThat(worker("pause")).isEqualTo(new Action.Pause("w"));
    assertThat(worker("resume")).isEqualTo(new Action.Resume("w"));
    assertThat(Action.parse("{\"action\":\"rate\",\"rate\":5}")).isEqualTo(new Action.SetRate(5));
  }

  private static Action worker(String action) {
    return Action.parse("{\"action\":\"" + action + "\",\"worker\":\"w\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "nonsense | is not JSON",
        "[] | There is no action ''",
        "{\"action\":\"explode\"} | There is no action 'explode'",
        "{\"action\":\"kill\"} | Say which worker",
        "{\"action\":\"kill\",\"worker\":7} | Say which worker",
        "{\"action\":\"merge\",\"shard\":\"a\"} | Say which other",
        "{\"action\":\"rate\",\"rate\":\"many\"} | has to be a whole number",
        "{\"action\":\"rate\",\"rate\":1.5} | has to be a whole number",
        "{\"action\":\"rate\",\"rate\":null} | has to be a whole number"
      })
  void what_is_not_understood_is_refused_in_words(String json, String words) {
    assertThatThrownBy(() -> Action.parse(json))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining(words);
  }
}
