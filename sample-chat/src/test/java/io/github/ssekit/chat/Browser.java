package io.github.ssekit.chat;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.ssekit.harness.Programs;
import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.logging.Level;
import org.awaitility.core.ConditionFactory;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * One headless Chrome or Chromium that is installed on this machine, with a fresh profile. The
 * browser is {@code CHROME_BIN}, else the first of the usual names on the {@code PATH} or in {@code
 * /usr/bin}; chromedriver is looked for likewise. Nothing is ever downloaded: Selenium Manager is
 * asked only when one of the two is not given.
 */
final class Browser implements AutoCloseable {
  private static final String[] FLAGS = {
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en",
    "--window-size=760,700"
  };

  /** Pages that were left keep their connections in that cache, of which a host has six. */
  private static final String NO_PAGE_CACHE = "--disable-features=BackForwardCache";

  private final ChromeDriver driver;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  /**
   * Skips the calling test where there is no browser; fails it if the run is to leave nothing out.
   */
  static void requireInstalled() {
    Programs.require(binary().isPresent(), "no Chrome or Chromium found");
    Programs.require("chromedriver");
  }

  static Browser start() {
    return launch(NO_PAGE_CACHE);
  }

  /** A browser that keeps pages that were left, and shows them again when it goes back. */
  static Browser startWithPageCache() {
    return launch();
  }

  private static Browser launch(String... moreFlags) {
    LoggingPreferences logging = new LoggingPreferences();
    logging.enable(LogType.BROWSER, Level.ALL);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(binary().orElseThrow().toFile());
    // No --user-data-dir: chromedriver then makes one for this run and removes it afterwards.
    options.addArguments(FLAGS);
    options.addArguments(moreFlags);
    options.setCapability(ChromeOptions.LOGGING_PREFS, logging);
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(new File(Programs.path("chromedriver")))
            .usingAnyFreePort()
            .build();
    ChromeDriver driver = new ChromeDriver(service, options);
    driver.manage().timeouts().pageLoadTimeout(Duration.ofSeconds(60));
    return new Browser(driver);
  }

  private static Optional<Path> binary() {
    return Optional.ofNullable(System.getenv("CHROME_BIN"))
        .map(Path::of)
        .filter(Files::isExecutable)
        .or(() -> Programs.find("chromium", "chromium-browser", "google-chrome"));
  }

  /** Opens the page as this person; returns when it may be written into. */
  void open(URI page, String name) {
    driver.get(page.toString());
    WebElement user = element("user");
    user.clear();
    // Leaving the box makes it the name by which the page's stream is known.
    user.sendKeys(name, Keys.TAB);
  }

  void open(URI page) {
    driver.get(page.toString());
  }

  /** Waits until the page takes a message: it takes one at a time. */
  void awaitReady() {
    soon().until(() -> !"true".equals(element("send").getDomAttribute("aria-disabled")));
  }

  void say(String message) {
    awaitReady();
    element("message").sendKeys(message, Keys.ENTER);
  }

  /** Sends keys to whatever has the focus. */
  void press(CharSequence... keys) {
    new Actions(driver).sendKeys(keys).perform();
  }

  WebElement element(String id) {
    return driver.findElement(By.id(id));
  }

  /** The texts of all elements that match, as the DOM has them. */
  List<String> texts(String selector) {
    Object found =
        evaluate(
            "return Array.from(document.querySelectorAll(arguments[0]), e => e.textContent)",
            selector);
    return ((List<?>) found).stream().map(String::valueOf).toList();
  }

  /** Waits until what the page says of its connection begins like this. */
  void awaitState(String words) {
    soon().until(() -> element("connection").getText().startsWith(words));
  }

  /** Notes from now on what the page says of its connection, however short it stands there. */
  void noteStates() {
    evaluate(
        "window.words = []; new MutationObserver(() => words.push(connection.textContent))"
            + ".observe(connection, { childList: true, subtree: true })");
  }

  /** What was noted by {@link #noteStates}. */
  String states() {
    return evaluate("return words.join('; ')").toString();
  }

  /** Waits until {@link #texts} are these. */
  void awaitTexts(String selector, List<String> expected) {
    soon().untilAsserted(() -> assertEquals(expected, texts(selector)));
  }

  /** Waits, also while the page changes under the question. */
  static ConditionFactory soon() {
    return await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptionsInstanceOf(WebDriverException.class);
  }

  Object evaluate(String script, Object... arguments) {
    return Objects.requireNonNullElse(driver.executeScript(script, arguments), "null");
  }

  /** Light or dark, as a person prefers it. */
  void prefers(String colours) {
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", colours))));
  }

  /** Opens a tab, for what follows; gives its handle. */
  String newTab() {
    driver.switchTo().newWindow(WindowType.TAB);
    return tab();
  }

  String tab() {
    return driver.getWindowHandle();
  }

  /** What follows is for this tab. */
  void to(String tab) {
    driver.switchTo().window(tab);
  }

  /** Makes the window small, so that its page is hidden. */
  void hide() {
    driver.manage().window().minimize();
  }

  /** The reverse of {@link #hide}. */
  void show() {
    driver.manage().window().setSize(new Dimension(760, 700));
  }

  void closeTab() {
    driver.close();
  }

  /** Ends the process that shows this tab, and with it what else is in it. */
  void crashTab() {
    try {
      driver.get("chrome://crash");
    } catch (WebDriverException e) {
      // The tab has crashed.
    }
  }

  /** The name that it remembers, too. */
  void forgetCookies() {
    driver.manage().deleteAllCookies();
  }

  /** What the page wrote to the console, or failed with, since the last call. */
  List<String> console() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .map(LogEntry::getMessage)
        .toList();
  }

  void phone(int width, int height) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 2, "mobile", true));
  }

  void desktop() {
    driver.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
  }

  /** Whether the pages opened from now on may run scripts. */
  void scripts(boolean allowed) {
    driver.executeCdpCommand("Emulation.setScriptExecutionDisabled", Map.of("value", !allowed));
  }

  byte[] screenshot() {
    return driver.getScreenshotAs(OutputType.BYTES);
  }

  @Override
  public void close() {
    driver.quit();
  }
}
