package io.millrace.browser;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;

/** Chromium without a window, driven by the driver of the same version; nothing is downloaded. */
final class Chromium {

  private Chromium() {}

  static ChromeDriver start() {
    ChromeOptions options = new ChromeOptions();
    options.setBinary(installed("chromium", "chromium-browser", "google-chrome"));
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--lang=en",
        "--window-size=1440,1100");
    options.setCapability("goog:loggingPrefs", Map.of("performance", "ALL"));
    return new ChromeDriver(
        new ChromeDriverService.Builder()
            .usingDriverExecutable(installed("chromedriver"))
            .usingAnyFreePort()
            .build(),
        options);
  }

  /** Missing, it is a failure and not a reason to skip: the page would go untested unnoticed. */
  private static File installed(String... names) {
    return Stream.of(names)
        .flatMap(
            name ->
                Stream.of(System.getenv("PATH").split(File.pathSeparator))
                    .map(folder -> new File(folder, name)))
        .filter(File::canExecute)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "The page is tested in Chromium, and there is no "
                        + names[0]
                        + " on the PATH. On Debian: apt-get install chromium chromium-driver"));
  }

  /** The addresses of all requests so far, by the browser's own log; each call starts anew. */
  static List<String> requests(ChromeDriver browser) throws JsonProcessingException {
    List<String> addresses = new ArrayList<>();
    for (LogEntry entry : browser.manage().logs().get("performance")) {
      JsonNode message = new ObjectMapper().readTree(entry.getMessage()).path("message");
      if (message.path("method").asText().equals("Network.requestWillBeSent")) {
        addresses.add(message.path("params").path("request").path("url").asText());
      }
    }
    return addresses;
  }

  static void setScheme(ChromeDriver browser, String scheme) {
    browser.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  static void setSize(ChromeDriver browser, int width, int height) {
    browser.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
  }

  /** The whole page, not only what is in view. */
  static void screenshot(ChromeDriver browser, Path file) throws IOException {
    String format = file.toString().endsWith(".webp") ? "webp" : "png";
    Map<String, Object> what =
        format.equals("webp")
            ? Map.of("format", format, "quality", 88, "captureBeyondViewport", true)
            : Map.of("format", format, "captureBeyondViewport", true);
    Object data = browser.executeCdpCommand("Page.captureScreenshot", what).get("data");
    Files.createDirectories(file.getParent());
    Files.write(file, Base64.getDecoder().decode((String) data));
  }
}
