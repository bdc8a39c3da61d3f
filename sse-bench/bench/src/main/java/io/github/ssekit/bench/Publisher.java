package io.github.ssekit.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;

/** Where messages go in. Used by one thread. */
interface Publisher extends AutoCloseable {
  void publish(int channel, byte[] data) throws IOException;

  /** Sends what has been published, and waits until it is accepted. */
  void flush() throws IOException;

  @Override
  void close() throws IOException;

  /** PUBLISH on Redis. */
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
}
