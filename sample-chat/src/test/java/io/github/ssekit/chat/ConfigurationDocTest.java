package io.github.ssekit.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.ReconnectionTime;
import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.HubBuilder;
import io.github.ssekit.redis.AnswerOptions;
import io.github.ssekit.redis.RedisBridge;
import io.github.ssekit.redis.RedisBridgeBuilder;
import io.github.ssekit.servlet.OverCapacityAnswer;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** docs/configuration.md lists every option of the builders, with the default that the code has. */
class ConfigurationDocTest {
  private static final String PAGE = page();

  @ParameterizedTest
  @CsvSource({
    "Hub,     io.github.ssekit.hub.HubBuilder",
    "Bridge,  io.github.ssekit.redis.RedisBridgeBuilder",
    "Servlet, io.github.ssekit.servlet.EventStreamServletBuilder"
  })
  void everyOptionOfABuilderIsListed(String section, String builder) throws Exception {
    Class<?> type = Class.forName(builder);
    Set<String> options =
        Arrays.stream(type.getDeclaredMethods())
            .filter(method -> Modifier.isPublic(method.getModifiers()))
            .filter(method -> method.getReturnType() == type)
            .map(Method::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(options, new TreeSet<>(defaults(section).keySet()));
  }

  @Test
  void everyOptionOfAConnectionAnAnswerAndARefusalIsListed() {
    assertEquals(components(ConnectionOptions.class), defaults("One connection").keySet());
    assertEquals(components(AnswerOptions.class), defaults("One answer").keySet());
    assertEquals(
        components(OverCapacityAnswer.class), defaults("A refusal for want of room").keySet());
  }

  @ParameterizedTest
  @CsvSource({
    "heartbeat, heartbeat",
    "stuckWriteDeadline, stuckWriteDeadline",
    "linger, linger",
    "reconnectionTime, reconnectionTime",
    "maxEventBytes, maxEventBytes",
    "maxChannelLog, logEvents",
    "maxChannelLog, logBytes",
    "maxBatchBytes, maxBatchBytes",
    "maxSendBytes, maxSendBytes",
    "maxLifetime, maxLifetime",
    "maxConnections, maxConnections",
    "maxConnectionsPerOwner, maxConnectionsPerOwner",
    "maxConnectionsPerChannel, maxConnectionsPerChannel",
    "maxChannelsPerConnection, maxChannelsPerConnection"
  })
  void theDefaultsOfTheHubAreTheCodes(String option, String field) throws Exception {
    assertDefault("Hub", option, value(HubBuilder.class, Hub.builder(), field));
  }

  @ParameterizedTest
  @CsvSource({
    "scope, scope",
    "maxHistory, historyEvents",
    "maxHistory, historyAge",
    "silence, silence",
    "maxUnconfirmedBytes, maxUnconfirmedBytes"
  })
  void theDefaultsOfTheBridgeAreTheCodes(String option, String field) throws Exception {
    try (Hub hub = Hub.create()) {
      RedisBridgeBuilder builder = RedisBridge.builder(hub, URI.create("redis://localhost"));
      assertDefault("Bridge", option, value(RedisBridgeBuilder.class, builder, field));
    }
  }

  @Test
  void theDefaultsOfAnAnswerAndARefusalAreTheCodes() {
    assertDefault("One answer", "keep", AnswerOptions.DEFAULT.keep());
    assertDefault("One answer", "lease", AnswerOptions.DEFAULT.lease());
    assertDefault("One answer", "maxEvents", AnswerOptions.DEFAULT.maxEvents());
    String refusal = "A refusal for want of room";
    assertDefault(refusal, "earliest", OverCapacityAnswer.DEFAULT.earliest());
    assertDefault(refusal, "latest", OverCapacityAnswer.DEFAULT.latest());
    assertDefault(refusal, "status", OverCapacityAnswer.DEFAULT.status());
  }

  private static void assertDefault(String section, String option, Object value) {
    String said = defaults(section).get(option);
    List<String> written = written(value);
    assertTrue(
        written.stream().anyMatch(w -> Pattern.compile("\\b" + w + "\\b").matcher(said).find()),
        () -> option + ": the page says \"" + said + "\", the code " + written);
  }

  /** The texts by which the page may state a value. */
  private static List<String> written(Object value) {
    if (value instanceof ReconnectionTime time) {
      return written(time.time());
    }
    if (value instanceof Duration time) {
      return List.of(time.toSeconds() + " s", time.toMinutes() + " min", time.toHours() + " h");
    }
    if (value instanceof Number number) {
      long n = number.longValue();
      return n == Integer.MAX_VALUE
          ? List.of("no limit")
          : Stream.of(
                  String.format(Locale.ROOT, "%,d", n),
                  "" + n,
                  n % (1 << 10) == 0 ? (n >> 10) + " KiB" : "" + n,
                  n % (1 << 20) == 0 ? (n >> 20) + " MiB" : "" + n)
              .toList();
    }
    return List.of(value == null ? "no limit" : value.toString());
  }

  private static Object value(Class<?> type, Object object, String name) throws Exception {
    Field field = type.getDeclaredField(name);
    field.setAccessible(true);
    return field.get(object);
  }

  private static Set<String> components(Class<? extends Record> type) {
    return Arrays.stream(type.getRecordComponents())
        .map(RecordComponent::getName)
        .collect(Collectors.toSet());
  }

  /** The options of a section, each with the default that the page states. */
  private static Map<String, String> defaults(String section) {
    int from = PAGE.indexOf("\n## " + section + "\n");
    int to = PAGE.indexOf("\n## ", from + 1);
    String table = PAGE.substring(from, to < 0 ? PAGE.length() : to);
    Map<String, String> found = new LinkedHashMap<>();
    Pattern.compile("^\\| (`.*?) \\| (.*?) ?\\|", Pattern.MULTILINE)
        .matcher(table)
        .results()
        .forEach(
            (MatchResult row) -> {
              for (String option : row.group(1).replace("`", "").split(", ", -1)) {
                found.put(option, row.group(2));
              }
            });
    return found;
  }

  private static String page() {
    try {
      return Files.readString(
          Path.of(System.getProperty("ssekit.root", ".."), "docs", "configuration.md"));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
