package io.github.ssekit.bench;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;
import redis.clients.jedis.BinaryJedisPubSub;
import redis.clients.jedis.Jedis;

/** One subscription to all channels, for servers without a Redis subscription of their own. */
final class RedisListener extends BinaryJedisPubSub {
  private final BiConsumer<Integer, byte[]> handler;

  private RedisListener(BiConsumer<Integer, byte[]> handler) {
    this.handler = handler;
  }

  /**
   * Subscribes.
   *
   * @param handler gets the number of the channel and the data, on the subscription's thread
   */
  static void start(String redis, BiConsumer<Integer, byte[]> handler) {
    Jedis jedis = new Jedis(URI.create(redis));
    RedisListener listener = new RedisListener(handler);
    Thread thread =
        new Thread(
            () -> jedis.psubscribe(listener, "c*".getBytes(StandardCharsets.US_ASCII)), "redis");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void onPMessage(byte[] pattern, byte[] channel, byte[] data) {
    String name = new String(channel, StandardCharsets.US_ASCII);
    handler.accept(Integer.parseInt(name.substring(1)), data);
  }
}
