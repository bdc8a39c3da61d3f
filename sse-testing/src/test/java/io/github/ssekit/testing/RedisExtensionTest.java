package io.github.ssekit.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.harness.Ports;
import io.github.ssekit.harness.RedisProcess;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;

/**
 * The extension's own Redis, or the Redis that a property names. The extension asks JUnit's context
 * for nothing.
 */
class RedisExtensionTest {
  private static final ExtensionContext NONE = null;

  @Test
  void theRedisThatIsNamedIsUsedAndLeftAsItIs(@TempDir Path folder) throws IOException {
    try (RedisProcess redis = RedisProcess.start(folder)) {
      RedisExtension extension = new RedisExtension();
      System.setProperty(RedisExtension.URL, redis.uri().toString());
      try {
        extension.beforeAll(NONE);
      } finally {
        System.clearProperty(RedisExtension.URL);
      }
      assertEquals(redis.uri(), extension.uri());
      extension.afterAll(NONE);
      assertTrue(Ports.isListening(redis.port()));
    }
  }

  @Test
  void nestedClassesUseTheRedisOfTheOuterOne() throws IOException {
    RedisExtension extension = new RedisExtension();
    extension.beforeAll(NONE);
    int port = extension.uri().getPort();
    extension.beforeAll(NONE);
    assertEquals(port, extension.uri().getPort());
    extension.afterAll(NONE);
    assertTrue(Ports.isListening(port));
    extension.afterAll(NONE);
    assertFalse(Ports.isListening(port));
  }

  @Test
  void withoutANameItStartsOneOfItsOwnAndStopsIt() throws IOException {
    RedisExtension extension = new RedisExtension();
    assertThrows(IllegalStateException.class, extension::uri);
    extension.beforeAll(NONE);
    int port = extension.uri().getPort();
    assertTrue(Ports.isListening(port));
    extension.afterAll(NONE);
    assertFalse(Ports.isListening(port));
  }
}
