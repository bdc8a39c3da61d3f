package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import io.github.ssekit.harness.RedisProcess;
import io.github.ssekit.hub.RecordingTransport;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** The base of tests with a real Redis: a folder, a client, and the closing of all resources. */
abstract class RedisTest {
  @TempDir Path folder;

  final RecordingTransport receiver = new RecordingTransport();

  /** Null until {@link #startRedis}. */
  RedisProcess redis;

  /** A connection that bypasses the bridge, as an operator's does. */
  Jedis admin;

  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  final void startRedis(String... options) {
    redis = keep(RedisProcess.start(folder, options));
    // Jedis gives up after 2 s otherwise.
    admin = keep(new Jedis("127.0.0.1", redis.port(), 30_000));
  }

  /** Closes a resource after the test; the last opened is closed first. */
  final <T extends AutoCloseable> T keep(T resource) {
    open.push(resource);
    return resource;
  }

  @AfterEach
  final void closeAll() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }

  static ConditionFactory soon() {
    return await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(5));
  }

  /** The numbers from the first to below the last, as the data of events. */
  static List<String> numbers(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "" + i).toList();
  }

  /** The text of a script, by the name of its file. */
  static String text(String file) {
    try (InputStream in = Script.class.getResourceAsStream(file)) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
