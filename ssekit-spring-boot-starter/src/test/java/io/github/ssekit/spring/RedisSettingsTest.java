package io.github.ssekit.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.redis.RedisLogin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.autoconfigure.data.redis.RedisConnectionDetails;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.mock.env.MockEnvironment;

/** The bridge's settings, made from the application's Redis settings. */
class RedisSettingsTest {
  private final MockEnvironment environment = new MockEnvironment();

  private RedisLocation location(RedisConnectionDetails details) {
    return new SsekitRedisAutoConfiguration.Boot3().ssekitRedisLocation(details, environment);
  }

  @Test
  void oneServerWithALoginThatIsAskedForEachConnection() {
    RedisLocation location =
        location(
            new RedisConnectionDetails() {
              @Override
              public String getUsername() {
                return "ann";
              }

              @Override
              public String getPassword() {
                return "p@ss/word";
              }

              @Override
              public Standalone getStandalone() {
                return Standalone.of("::1", 6380, 3);
              }
            });
    assertEquals("redis://[::1]:6380/3", location.uri().toString());
    assertEquals(new RedisLogin("ann", "p@ss/word"), location.login().get());
  }

  @Test
  void aServerWithTlsByBundleOrByUrl() {
    RedisConnectionDetails byBundle =
        new RedisConnectionDetails() {
          @Override
          public Standalone getStandalone() {
            return Standalone.of("redis.example", 6380, SslBundle.systemDefault());
          }
        };
    assertEquals("rediss://redis.example:6380/0", location(byBundle).uri().toString());
    environment.setProperty("spring.data.redis.url", "rediss://redis.example:6380");
    RedisConnectionDetails byUrl =
        new RedisConnectionDetails() {
          @Override
          public Standalone getStandalone() {
            return Standalone.of("redis.example", 6380);
          }
        };
    assertEquals("rediss://redis.example:6380/0", location(byUrl).uri().toString());
  }

  @Test
  void sentinelsWithALoginOfTheirOwn() {
    RedisLocation location =
        location(
            new RedisConnectionDetails() {
              @Override
              public Sentinel getSentinel() {
                return new Sentinel() {
                  @Override
                  public int getDatabase() {
                    return 2;
                  }

                  @Override
                  public String getMaster() {
                    return "my master";
                  }

                  @Override
                  public List<Node> getNodes() {
                    return List.of(new Node("a", 1), new Node("b", 2));
                  }

                  @Override
                  public String getUsername() {
                    return "s";
                  }

                  @Override
                  public String getPassword() {
                    return "x&y";
                  }
                };
              }
            });
    assertEquals(
        "redis-sentinel://a:1,b:2/my%20master?db=2&sentinelPassword=x%26y&sentinelUser=s",
        location.uri().toString());
  }

  @Test
  void aCluster() {
    RedisLocation location =
        location(
            new RedisConnectionDetails() {
              @Override
              public Cluster getCluster() {
                return () -> List.of(new Node("a", 1), new Node("b", 2));
              }
            });
    assertEquals("redis-cluster://a:1,b:2", location.uri().toString());
  }

  @Test
  void channelsAreNamedByNameOrPrefix() {
    ChannelNames names = new ChannelNames(List.of("news", "room:*"));
    assertTrue(names.test("news"));
    assertTrue(names.test("room:1"));
    assertFalse(names.test("news:1"));
    assertFalse(names.test("rooms"));
  }

  @Test
  void aNativeImageHasTheScripts() throws IOException {
    RuntimeHints hints = new RuntimeHints();
    new SsekitRuntimeHints().registerHints(hints, null);
    Path folder = Path.of("..", "sse-redis", "src", "main", "resources");
    try (Stream<Path> all = Files.walk(folder)) {
      List<Path> files = all.filter(Files::isRegularFile).map(folder::relativize).toList();
      assertTrue(files.size() > 5);
      for (Path file : files) {
        assertTrue(
            RuntimeHintsPredicates.resource().forResource(file.toString()).test(hints),
            file::toString);
      }
    }
  }
}
