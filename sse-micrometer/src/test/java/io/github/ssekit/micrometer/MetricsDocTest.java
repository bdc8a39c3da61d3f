package io.github.ssekit.micrometer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.hub.ManualHub;
import io.github.ssekit.redis.RedisBridge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** docs/metrics.md names all meters. The page, the dashboard and the alarms name no others. */
class MetricsDocTest {
  private static final Path DOCS = Path.of("..", "docs");

  private final ManualHub manual = new ManualHub();

  /** No Redis listens on this port: the bridge keeps trying. */
  private final RedisBridge bridge =
      RedisBridge.builder(manual.hub(), URI.create("redis://127.0.0.1:1"))
          .startWithoutRedis()
          .connect();

  @AfterEach
  void close() {
    bridge.close();
  }

  private void bind(io.micrometer.core.instrument.MeterRegistry registry) {
    new HubMeters(registry);
    new HubGauges(manual.hub()).bindTo(registry);
    new BridgeGauges(bridge).bindTo(registry);
    new MeteredPublisher(manual.hub(), registry);
  }

  @Test
  void eachMeterHasItsRowInThePage() throws IOException {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    bind(registry);
    Set<String> meters =
        registry.getMeters().stream()
            .map(Meter::getId)
            .map(Meter.Id::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    String page = Files.readString(DOCS.resolve("metrics.md"));
    assertEquals(meters, found("^\\| `(ssekit\\.[a-z.]+)`", page));
    assertEquals(0, registry.get("ssekit.redis.subscribed").gauge().value());
    assertEquals(Double.NaN, registry.get("ssekit.redis.writable").gauge().value());
    assertEquals(Double.NaN, registry.get("ssekit.redis.probe.age").gauge().value());
  }

  @Test
  void theDashboardShowsSeriesThatThereAre() throws IOException {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    bind(registry);
    Set<String> there = found("^(ssekit_[a-z_]+)[ {]", registry.scrape());
    String dashboard = Files.readString(DOCS.resolve("grafana").resolve("ssekit.json"));
    Set<String> shown = found("(ssekit_[a-z_]+)", dashboard);
    Set<String> missing = new TreeSet<>(shown);
    missing.removeAll(there);
    assertEquals(Set.of(), missing, () -> "there are " + there);
    long series = registry.scrape().lines().filter(line -> !line.startsWith("#")).count();
    String page = Files.readString(DOCS.resolve("metrics.md"));
    Set<String> alarms = found("(ssekit_[a-z_]+)", page);
    alarms.removeAll(there);
    assertEquals(Set.of(), alarms);
    String sizes = "%d meters a node (%d series in Prometheus)";
    int meters = registry.getMeters().size();
    assertTrue(
        page.contains(sizes.formatted(meters, series)), () -> sizes.formatted(meters, series));
  }

  @Test
  void theAlarmsAskForSeriesAndTagsThatThereAre() throws IOException {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    bind(registry);
    String scraped = registry.scrape();
    String rules = Files.readString(DOCS.resolve("grafana").resolve("ssekit-rules.yml"));
    int alarms = rules.split("- alert: ", -1).length - 1;
    assertEquals(alarms, rules.split("\n        expr: ", -1).length - 1);
    assertEquals(alarms, rules.split("\n          summary: \"", -1).length - 1);
    List<String> missing = new ArrayList<>();
    Pattern.compile("(ssekit_[a-z_]+)(?:\\{(\\w+)!?=~?\"([a-z_|]+)\"})?")
        .matcher(rules)
        .results()
        .forEach(
            found -> {
              String values = found.group(3) == null ? "" : found.group(3);
              for (String value : values.split("\\|", -1)) {
                String series =
                    found.group(2) == null
                        ? found.group(1) + " "
                        : found.group(1) + "{" + found.group(2) + "=\"" + value + "\"}";
                if (!scraped.contains("\n" + series)) {
                  missing.add(series);
                }
              }
            });
    assertEquals(List.of(), missing, scraped);
  }

  private static Set<String> found(String pattern, String text) {
    return Pattern.compile(pattern, Pattern.MULTILINE)
        .matcher(text)
        .results()
        .map((MatchResult found) -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
