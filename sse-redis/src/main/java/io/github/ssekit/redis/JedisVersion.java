package io.github.ssekit.redis;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/**
 * Checks the version of Jedis on the class path. An application's dependency management may bring a
 * version that is too old, for which the JVM would only name a missing class or method.
 */
final class JedisVersion {
  /** The newest version with which the tests were run. */
  static final String NEWEST_TESTED = "8.0.2";

  /** A class that came with Jedis 6.0. */
  private static final String LEAST = "redis.clients.jedis.SslOptions";

  private JedisVersion() {}

  /**
   * @throws IllegalStateException if the version is below 6.0
   */
  static void check() {
    ClassLoader loader = JedisVersion.class.getClassLoader();
    try {
      Class<?> unused = Class.forName(LEAST, false, loader);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(
          "Jedis %s is on the class path: sse-redis needs 6.0.0 or newer, and is tested with 6.0.0 to %s"
              .formatted(found(loader), NEWEST_TESTED),
          e);
    }
  }

  private static String found(ClassLoader loader) {
    String unknown = "of an unknown version";
    try (InputStream in = loader.getResourceAsStream("redis/clients/jedis/pom.properties")) {
      Properties properties = new Properties();
      if (in != null) {
        properties.load(in);
      }
      return properties.getProperty("version", unknown);
    } catch (IOException e) {
      return unknown;
    }
  }
}
