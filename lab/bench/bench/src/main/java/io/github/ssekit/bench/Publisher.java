package io.github.ssekit.bench;

import io.github.ssekit.redis.RedisBridge;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;

/** Publishes the messages of a run. Used by one thread. */
interface Publisher extends AutoCloseable {
  void publish(int channel, byte[] data) throws IOException;

  /** Sends all published messages, and waits until they are accepted. */
  void flush() throws IOException;

  @Override
  void close() throws IOException;

  /** Publishes by {@code PUBLISH} on Redis. */
  static Publisher redis(String uri) {
    Jedis jedis = new Jedis(URI.create(uri));
    Pipeline pipeline = jedis.pipelined();
    return new Publisher() {
      @Override
      public void publish(int channel, byte[] data) {
        pipeline.publish(("c" + channel).getBytes(StandardCharsets.US_ASCII), data);
      }

      @Override
      public void flush() {
        pipeline.sync();
      }

      @Override
      public void close() {
        jedis.close();
      }
    };
  }

  /** Publishes with history by the library's script, as a program in any language would run it. */
  static Publisher withHistory(String uri) throws IOException {
    Jedis jedis = new Jedis(URI.create(uri));
    byte[] script = jedis.scriptLoad(script()).getBytes(StandardCharsets.US_ASCII);
    String run =
        jedis
            .info("server")
            .lines()
            .filter(line -> line.startsWith("run_id:"))
            .map(line -> line.substring("run_id:".length()))
            .findFirst()
            .orElseThrow();
    Pipeline pipeline = jedis.pipelined();
    return new Publisher() {
      @Override
      public void publish(int channel, byte[] data) {
        String name = "c" + channel;
        pipeline.evalsha(
            script,
            bytes("{sse}:scope", "{sse}:stream:" + name, "{sse}:channel:" + name),
            List.of(
                name.getBytes(StandardCharsets.US_ASCII),
                new byte[0],
                data,
                "1000".getBytes(StandardCharsets.US_ASCII),
                "86400000".getBytes(StandardCharsets.US_ASCII),
                run.getBytes(StandardCharsets.US_ASCII),
                "PUBLISH".getBytes(StandardCharsets.US_ASCII),
                "60000".getBytes(StandardCharsets.US_ASCII)));
      }

      private List<byte[]> bytes(String... texts) {
        return Arrays.stream(texts).map(t -> t.getBytes(StandardCharsets.US_ASCII)).toList();
      }

      @Override
      public void flush() {
        pipeline.sync();
      }

      @Override
      public void close() {
        jedis.close();
      }
    };
  }

  private static String script() throws IOException {
    StringBuilder text = new StringBuilder();
    for (String file : List.of("scope.lua", "publish.lua")) {
      try (InputStream in = RedisBridge.class.getResourceAsStream(file)) {
        text.append(new String(in.readAllBytes(), StandardCharsets.UTF_8));
      }
    }
    return text.toString();
  }
}
