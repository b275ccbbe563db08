package io.millrace.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.lease.Lease;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;

/**
 * The demo's page in a real browser, on real processes; what it shows is compared with the tables.
 * One demo for all tests, in their order, because its start takes most of the time.
 */
@Tag("heavy")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DemoPageIT {

  private static final Path SCREENSHOTS = Path.of("target", "screenshots");

  @TempDir static Path folder;

  private static RunningDemo demo;
  private static ChromeDriver browser;

  @BeforeAll
  static void open() throws Exception {
    Awaitility.setDefaultTimeout(Duration.ofMinutes(2));
    Awaitility.setDefaultPollInterval(Duration.ofMillis(200));
    browser = Chromium.start();
    demo = new RunningDemo(folder);
    browser.get(demo.page.toString());
    demo.said("The chart moves: ([\\d.]+) s after the command");
  }

  @AfterAll
  static void close() {
    Awaitility.reset();
    if (browser != null) {
      browser.quit();
    }
    if (demo != null) {
      demo.close();
    }
  }

  @Test
  @Order(1)
  void chart_moves() {
    String before = await().until(() -> attribute("#chart", "data-as-of"), DemoPageIT::isGiven);
    Object drawn = pixels();

    await().until(() -> attribute("#chart", "data-as-of"), now -> !now.equals(before));
    assertThat(pixels()).as("what is drawn").isNotEqualTo(drawn);
  }

  @Test
  @Order(2)
  void top_three_are_those_of_the_table() {
    await()
        .untilAsserted(
            () -> {
              @SuppressWarnings("unchecked")
              List<String> shown =
                  (List<String>)
                      browser.executeScript(
                          "const top = document.getElementById('top');"
                              + "return [top.dataset.asOf, ...[...top.children].map(i =>"
                              + " i.querySelector('.who').textContent + ' '"
                              + " + i.querySelector('.visits-of').textContent.replace(',', ''))];");
              assertThat(shown).hasSize(4);
              assertThat(shown.subList(1, 4))
                  .isEqualTo(top(demo.visits(Long.parseLong(shown.get(0)))));
            });
  }

  private static List<String> top(Map<String, Long> visits) {
    return visits.entrySet().stream()
        .sorted(
            Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(3)
        .map(e -> e.getKey() + " " + e.getValue())
        .toList();
  }

  @Test
  @Order(3)
  void killed_worker_s_shards_go_on_elsewhere_and_nothing_is_lost() {
    String worker = workerWithShards();
    click(workerButton(worker, "kill"));

    String told = toldAtLast("kill", worker);
    assertThat(told).contains(worker + " killed").contains("resumed on").contains("0 records lost");
    assertThat(text("#lost")).isEqualTo("0");
    assertThat(demo.leasesOf(worker)).as("leases of the dead").isEmpty();
  }

  @Test
  @Order(4)
  void added_worker_takes_shards() {
    click(By.id("add-worker"));

    String told = toldAtLast("add", "worker-3");
    assertThat(told).contains("worker-3 started").contains("took shard");
    assertThat(demo.leasesOf("worker-3")).isNotEmpty();
  }

  @Test
  @Order(5)
  void split_shard_has_two_children_in_the_graph() {
    String shard = attribute("#shards tr", "data-shard");
    click(By.cssSelector("#shards tr[data-shard='" + shard + "'] .split"));

    await().until(() -> browser.findElements(childrenOf(shard)).size() == 2);
    assertThat(toldAtLast("split", "split")).contains("went on");
    assertThat(browser.findElements(By.cssSelector("#lineage .edge")))
        .hasSizeGreaterThanOrEqualTo(2);
    assertThat(demo.leases().get(shard).isFinished()).isTrue();
  }

  private static By childrenOf(String shard) {
    return By.cssSelector("#lineage .node[data-parents='" + shard + "']");
  }

  @Test
  @Order(6)
  void merged_shards_have_one_child_in_the_graph_and_a_button_can_be_pressed_with_a_key() {
    WebElement merge =
        browser.findElements(By.cssSelector("#shards .merge")).stream()
            .filter(WebElement::isDisplayed)
            .findFirst()
            .orElseThrow();
    merge.sendKeys(Keys.ENTER);

    assertThat(toldAtLast("merge", "merged")).contains("went on");
    assertThat(browser.findElements(By.cssSelector("#lineage .node[data-parents*=' ']")))
        .hasSize(1);
  }

  @Test
  @Order(7)
  void what_cannot_be_done_is_said_on_the_page() {
    setRate("99999");

    await().until(() -> text("#message"), words -> words.contains("0 to 10,000"));
    assertThat(browser.findElement(By.id("message")).getAttribute("class")).contains("bad");
  }

  @Test
  @Order(8)
  void resumed_zombie_moves_no_checkpoint_and_the_log_says_who_prevented_it() throws Exception {
    String zombie = workerWithShards();
    click(workerButton(zombie, "pause"));
    await().until(() -> attribute(card(zombie), "data-state"), "paused"::equals);
    Map<String, Lease> believed = demo.leasesOf(zombie);
    assertThat(believed).as("what %s believes to hold", zombie).isNotEmpty();
    Map<String, SequenceNumber> processed = demo.lastProcessed(zombie);
    assertThat(toldAtLast("pause", zombie)).contains("resumed on").contains("0 records lost");

    // others are ahead of all that it could still write; then nobody has a reason to write
    await().untilAsserted(() -> believed.forEach((s, l) -> assertAhead(s, processed.get(s))));
    setRate("0");
    await().until(() -> text("#waiting"), "0"::equals);
    Map<String, Lease> before = quietLeases();
    assertThat(before.keySet()).containsAll(believed.keySet());
    click(workerButton(zombie, "pause")); // which resumes by now

    String told = toldAtLast("resume", zombie);
    assertThat(told)
        .containsAnyOf("it fenced itself", "the store refused")
        .contains("moved no checkpoint");
    Map<String, Lease> after = demo.leases();
    believed.forEach(
        (shard, lease) -> {
          assertThat(after.get(shard).counter())
              .as("token of " + shard)
              .isGreaterThan(lease.counter());
          assertThat(after.get(shard).owner()).as("owner of " + shard).isNotEqualTo(lease.owner());
          assertThat(after.get(shard).checkpoint())
              .as("checkpoint of " + shard)
              .isGreaterThanOrEqualTo(before.get(shard).checkpoint());
        });
    setRate("200");
    assertThat(text("#lost")).isEqualTo("0");
  }

  private static void assertAhead(String shard, SequenceNumber processed) {
    if (processed != null) {
      assertThat(demo.leases().get(shard).checkpoint())
          .as("checkpoint of " + shard)
          .isGreaterThan(Checkpoint.at(processed, 0));
    }
  }

  /** The leases, once no checkpoint has moved between two looks a while apart. */
  private static Map<String, Lease> quietLeases() {
    return await()
        .pollInterval(Duration.ofSeconds(2))
        .until(
            new Callable<Map<String, Lease>>() {
              private Map<String, Checkpoint> last = Map.of();

              @Override
              public Map<String, Lease> call() {
                Map<String, Lease> now = demo.leases();
                Map<String, Checkpoint> checkpoints = new LinkedHashMap<>();
                now.forEach((shard, lease) -> checkpoints.put(shard, lease.checkpoint()));
                boolean quiet = checkpoints.equals(last);
                last = checkpoints;
                return quiet ? now : Map.of();
              }
            },
            now -> !now.isEmpty());
  }

  @Test
  @Order(9)
  void screenshots_are_made_and_fit_the_width() throws Exception {
    // the message about the rate has gone, and the chart is full again
    await().until(() -> !attribute("#message", "class").contains("shown"));
    await().until(() -> Integer.parseInt(text("#top .visits-of").replace(",", "")) > 550);
    Chromium.setSize(browser, 1440, 1100);
    Chromium.setScheme(browser, "light");
    Chromium.screenshot(browser, SCREENSHOTS.resolve("light.png"));
    Chromium.screenshot(browser, SCREENSHOTS.resolve("light.webp"));
    Object light = pixels();
    Chromium.setScheme(browser, "dark");
    await().until(() -> !pixels().equals(light));
    Chromium.screenshot(browser, SCREENSHOTS.resolve("dark.png"));
    Chromium.setSize(browser, 390, 844);
    await().until(() -> (Long) browser.executeScript("return innerWidth") == 390);
    assertThat((Long) browser.executeScript("return document.documentElement.scrollWidth"))
        .as("width of the page on a phone")
        .isEqualTo(390);
    Chromium.screenshot(browser, SCREENSHOTS.resolve("narrow-dark.png"));
    Chromium.setScheme(browser, "light");
    Chromium.screenshot(browser, SCREENSHOTS.resolve("narrow.png"));
    Chromium.setSize(browser, 1440, 1100);
    assertThat(SCREENSHOTS.toFile().list())
        .contains("light.png", "light.webp", "dark.png", "narrow.png", "narrow-dark.png");
  }

  @Test
  @Order(10)
  void no_request_leaves_the_machine() throws Exception {
    browser.navigate().refresh();
    await().until(() -> attribute("#chart", "data-as-of"), DemoPageIT::isGiven);
    List<String> requests = Chromium.requests(browser);

    assertThat(requests)
        .contains(
            demo.page.toString(), demo.page + "events", demo.page + "lib/chart.js/chart.umd.min.js")
        .allMatch(address -> address.startsWith(demo.page.toString()) || address.equals("data:,"));
  }

  @Test
  @Order(11)
  void everything_that_can_be_pressed_has_a_name_and_can_be_reached_by_keyboard() {
    List<WebElement> pressed =
        browser.findElements(By.cssSelector("button, input")).stream()
            .filter(WebElement::isDisplayed)
            .toList();

    assertThat(pressed).hasSizeGreaterThan(5);
    assertThat(pressed)
        .allSatisfy(
            e -> {
              assertThat(e.getAccessibleName()).isNotBlank();
              assertThat(e.getAttribute("tabindex")).isNotEqualTo("-1");
            });
    WebElement kill = browser.findElement(By.cssSelector(".worker:not(.gone) .kill"));
    browser.executeScript("arguments[0].focus()", kill);
    String at = attribute("body", "data-at");
    await().until(() -> attribute("body", "data-at"), now -> !now.equals(at));
    assertThat(browser.switchTo().activeElement())
        .as("what has the focus after the page has changed")
        .isEqualTo(kill);
  }

  @Test
  @Order(12)
  void stopped_worker_hands_its_shards_over_and_nothing_is_lost() {
    String worker = workerWithShards();
    click(workerButton(worker, "stop"));

    assertThat(toldAtLast("stop", worker)).contains("went on at").contains("0 records lost");
    await().until(() -> attribute(card(worker), "data-state"), "stopped"::equals);
    assertThat(demo.leasesOf(worker)).isEmpty();
    assertThat(text("#lost")).isEqualTo("0");
  }

  // ---- the page

  private static String workerWithShards() {
    return await()
        .until(
            () ->
                browser.findElements(By.cssSelector(".worker[data-state=running]")).stream()
                    .map(e -> e.getAttribute("data-worker"))
                    .filter(w -> !demo.leasesOf(w).isEmpty())
                    .toList(),
            workers -> workers.size() >= 2)
        .get(0);
  }

  /** The newest line of a kind that names something, when it will not change any more. */
  private static String toldAtLast(String kind, String name) {
    return await()
        .until(
            () ->
                browser.findElements(By.cssSelector("#log li.done." + kind)).stream()
                    .map(WebElement::getText)
                    .filter(text -> text.contains(name))
                    .collect(Collectors.joining("\n")),
            DemoPageIT::isGiven)
        .replace('\u00a0', ' ');
  }

  private static void setRate(String rate) {
    WebElement field = browser.findElement(By.id("rate"));
    field.clear();
    field.sendKeys(rate);
    click(By.cssSelector("#rate-form button"));
  }

  private static String card(String worker) {
    return ".worker[data-worker='" + worker + "']";
  }

  private static By workerButton(String worker, String name) {
    return By.cssSelector(card(worker) + " ." + name);
  }

  private static void click(By button) {
    browser.findElement(button).click();
  }

  private static String text(String selector) {
    return browser.findElement(By.cssSelector(selector)).getText();
  }

  private static String attribute(String selector, String name) {
    return browser.findElement(By.cssSelector(selector)).getAttribute(name);
  }

  private static boolean isGiven(String text) {
    return text != null && !text.isEmpty();
  }

  private static Object pixels() {
    return browser.executeScript("return document.getElementById('chart').toDataURL()");
  }
}
