package io.millrace.samples.referrers.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;

class BrowserTest {

  private static final URI PAGE = URI.create("http://localhost:8080/");

  @Test
  void each_system_has_its_command() {
    assertThat(Browser.command("Linux", PAGE)).containsExactly("xdg-open", PAGE.toString());
    assertThat(Browser.command("Mac OS X", PAGE)).containsExactly("open", PAGE.toString());
    assertThat(Browser.command("Windows 11", PAGE)).first().isEqualTo("rundll32");
  }
}
