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

  /** Pages in the back/forward cache keep their connections, of which a host has six. */
  private static final String NO_PAGE_CACHE = "--disable-features=BackForwardCache";

  private final ChromeDriver driver;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  /**
   * Skips the calling test if no browser is installed, or fails it if the run must skip no test.
   */
  static void requireInstalled() {
    Programs.require(binary().isPresent(), "no Chrome or Chromium found");
    Programs.require("chromedriver");
  }

  static Browser start() {
    return launch(NO_PAGE_CACHE);
  }

  /** Starts a browser with the back/forward cache: going back shows a page as it was left. */
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

  /** Opens the page under a name, and returns once the page is ready for input. */
  void open(URI page, String name) {
    driver.get(page.toString());
    WebElement user = element("user");
    user.clear();
    // TAB leaves the box, and the page's stream then has this name.
    user.sendKeys(name, Keys.TAB);
  }

  void open(URI page) {
    driver.get(page.toString());
  }

  /** Waits until the page accepts a message: it sends one message at a time. */
  void awaitReady() {
    soon().until(() -> !"true".equals(element("send").getDomAttribute("aria-disabled")));
  }

  void say(String message) {
    awaitReady();
    element("message").sendKeys(message, Keys.ENTER);
  }

  /** Sends keys to the focused element. */
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

  /** Waits until the page's connection status begins with these words. */
  void awaitState(String words) {
    soon().until(() -> element("connection").getText().startsWith(words));
  }

  /** Records each connection status that the page shows from now on, however briefly. */
  void noteStates() {
    evaluate(
        "window.words = []; new MutationObserver(() => words.push(connection.textContent))"
            + ".observe(connection, { childList: true, subtree: true })");
  }

  /** The connection statuses since {@link #noteStates}. */
  String states() {
    return evaluate("return words.join('; ')").toString();
  }

  /** Waits until {@link #texts} are these. */
  void awaitTexts(String selector, List<String> expected) {
    soon().untilAsserted(() -> assertEquals(expected, texts(selector)));
  }

  /** Waits, even if the page changes during a query. */
  static ConditionFactory soon() {
    return await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptionsInstanceOf(WebDriverException.class);
  }

  Object evaluate(String script, Object... arguments) {
    return Objects.requireNonNullElse(driver.executeScript(script, arguments), "null");
  }

  /** Emulates a preference for a colour scheme, light or dark. */
  void prefers(String colours) {
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", colours))));
  }

  /** Opens a tab and switches to it. Returns its handle. */
  String newTab() {
    driver.switchTo().newWindow(WindowType.TAB);
    return tab();
  }

  String tab() {
    return driver.getWindowHandle();
  }

  /** Switches to a tab. */
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

  /** Ends the process that shows this tab, with everything else in that process. */
  void crashTab() {
    try {
      driver.get("chrome://crash");
    } catch (WebDriverException e) {
      // The tab has crashed.
    }
  }

  /** Deletes all cookies, and so the remembered name. */
  void forgetCookies() {
    driver.manage().deleteAllCookies();
  }

  /** The page's console messages and errors since the last call. */
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

  /** Allows or forbids scripts on pages that are opened from now on. */
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
