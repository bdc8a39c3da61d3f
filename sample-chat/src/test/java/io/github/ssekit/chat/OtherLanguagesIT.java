package io.github.ssekit.chat;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.ssekit.harness.Programs;
import io.github.ssekit.harness.RedisProcess;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.RecordingTransport;
import io.github.ssekit.redis.RedisBridge;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The programs of docs/guides/other-languages.md, run where the language and its Redis client are
 * installed, which may be in {@code PYTHONPATH} or {@code NODE_PATH}.
 */
@Timeout(60)
class OtherLanguagesIT {
  private static final String PAGE = "docs/guides/other-languages.md";

  @TempDir static Path folder;

  private static RedisProcess redis;
  private static Hub hub;
  private static RedisBridge bridge;

  @BeforeAll
  static void start() throws Exception {
    redis = RedisProcess.start(Files.createDirectory(folder.resolve("server")));
    hub = Hub.create();
    bridge = RedisBridge.builder(hub, redis.uri()).history(channel -> true).connect();
    Files.writeString(folder.resolve("publish-all.lua"), text("scope") + text("publish"));
    String modules = System.getenv("NODE_PATH");
    if (modules != null) {
      Files.createSymbolicLink(folder.resolve("node_modules"), Path.of(modules));
    }
  }

  @AfterAll
  static void stop() {
    hub.close();
    bridge.close();
    redis.close();
  }

  @Test
  void redisCli() throws Exception {
    Programs.require("redis-cli", "sh");
    String command =
        Snippets.of(PAGE, "redis-cli")
            .get(0)
            .replace("redis-cli ", "redis-cli -p " + redis.port() + " ");
    publishes("hello from redis-cli", "sh", "-c", command);
  }

  @ParameterizedTest
  @CsvSource({
    "Python, python, python3, a.py,  -c, import redis",
    "Node,   js,     node,    a.mjs, -e, import('redis').catch(() => process.exit(1))",
    "Ruby,   ruby,   ruby,    a.rb,  -e, require 'redis'",
    "PHP,    php,    php,     a.php, -r, exit(class_exists('Redis') ? 0 : 1);"
  })
  void language(String name, String fence, String program, String file, String option, String check)
      throws Exception {
    Optional<String> installed = withClient(program, option, check);
    assumeTrue(installed.isPresent(), name + " and its Redis client are not installed");
    String text = Snippets.of(PAGE, fence).get(0);
    Files.writeString(
        folder.resolve(file),
        text.replace("localhost", "127.0.0.1").replace("6379", "" + redis.port()));
    publishes("hello from " + name, installed.get(), file);
  }

  /** The program on the path, or else the system's, which finds packages of the system. */
  private static Optional<String> withClient(String program, String option, String check)
      throws Exception {
    for (String each : List.of(program, "/usr/bin/" + program)) {
      boolean isThere = Programs.find(each).isPresent() || Files.isExecutable(Path.of(each));
      if (isThere && run(each, option, check).waitFor() == 0) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  private void publishes(String data, String... command) throws Exception {
    RecordingTransport browser = new RecordingTransport();
    hub.connect(browser, List.of("room:42"), null);
    await().until(() -> browser.lastEventId() != null);
    Process process = run(command);
    String output;
    try (InputStream out = process.getInputStream()) {
      output = new String(out.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertEquals(0, process.waitFor(), output);
    await().until(() -> !browser.events().isEmpty());
    assertEquals(data, browser.events().get(0).data());
    assertNotNull(browser.events().get(0).id());
  }

  private static Process run(String... command) throws Exception {
    return new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
  }

  private static String text(String script) throws Exception {
    try (InputStream in = RedisBridge.class.getResourceAsStream(script + ".lua")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
