package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisUriTest {
  private static RedisUri parse(String uri) {
    return RedisUri.parse(URI.create(uri));
  }

  private static RedisAddress host(String name, int port) {
    return new RedisAddress(name, port);
  }

  @Test
  void oneServerHasADatabaseAndALogin() {
    RedisUri uri = parse("rediss://us%3Aer:p%40s+s%2F:word@redis_1:7000/3");
    assertEquals(RedisUri.Kind.REDIS, uri.kind());
    assertTrue(uri.tls());
    assertEquals(List.of(host("redis_1", 7000)), uri.hosts());
    assertEquals("us:er", uri.user());
    assertEquals("p@s+s/:word", uri.password());
    assertEquals(3, uri.database());
    assertEquals("redis_1:7000", uri.toString());
  }

  @Test
  void aPasswordNeedsNoUserAndALoginNeedNotBe() {
    assertNull(parse("redis://:pw@localhost:1").user());
    assertEquals("pw", parse("redis://:pw@localhost:1").password());
    assertNull(parse("redis://localhost:1").password());
    assertFalse(parse("redis://localhost:1/").tls());
  }

  @Test
  void portsHaveTheDefaultsOfTheirKind() {
    assertEquals(List.of(host("::1", 6379)), parse("redis://[::1]").hosts());
    assertEquals(List.of(host("::1", 7)), parse("redis://[::1]:7").hosts());
    assertEquals(List.of(host("a", 6379), host("b", 7)), parse("redis-cluster://a,b:7").hosts());
    assertEquals(List.of(host("a", 26379)), parse("rediss-sentinel://a/m").hosts());
  }

  @Test
  void sentinelsHaveAMasterAndOptions() {
    RedisUri uri =
        parse("redis-sentinel://u:p@a:1,b:2,c:3/my%20master?db=4&sentinelPassword=x%26y");
    assertEquals(List.of(host("a", 1), host("b", 2), host("c", 3)), uri.hosts());
    assertEquals("my master", uri.path());
    assertEquals(4, uri.database());
    assertEquals(Map.of("db", "4", "sentinelPassword", "x&y"), uri.options());
    assertEquals("a:1,b:2,c:3/my master", uri.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://u:s3cret@localhost:6379",
        "redis-other://u:s3cret@localhost",
        "redis:///s3cret",
        "redis://u:s3cret@",
        "redis://s3cret@localhost",
        "redis://u:s3cret",
        "redis://u:s3cret/x@a",
        "redis://u:s3cret?x@a",
        "redis://u:s3cret#x@a",
        "redis-sentinel://u:x/s3cret@a/m",
        "redis://u:s3cret@a:1,b:2",
        "redis://u:s3cret@a:0",
        "redis://u:s3cret@a:65536",
        "redis://u:s3cret@a:x",
        "redis://u:s3cret@a:",
        "redis://u:s3cret@a:1/x",
        "redis://u:s3cret@a:1?password=s3cret",
        "redis-sentinel://u:s3cret@a:1",
        "redis-sentinel://u:s3cret@a:1/",
        "redis-sentinel://u:s3cret@a:1/m/n",
        "redis-sentinel://u:s3cret@a:1,,b/m",
        "redis-sentinel://u:s3cret@a:1/m?db=-1",
        "redis-sentinel://u:s3cret@a:1/m?sentinelpassword=s3cret",
        "redis-cluster://u:s3cret@a:1/3",
      })
  void whatIsNoSuchUriIsRefusedWithoutWhatIsSecret(String uri) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> parse(uri));
    String message = String.valueOf(e.getMessage());
    assertTrue(message.startsWith("Redis URI with "), message);
    assertTrue(uri.equals("redis:///s3cret") || !message.contains("s3cret"), message);
  }
}
