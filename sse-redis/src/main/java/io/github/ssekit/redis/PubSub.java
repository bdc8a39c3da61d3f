package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * A connection that is subscribed, and hears the scope's channels and plain ones. In a cluster the
 * scope's are sharded: they live where the scope's keys do, and end when these are moved away.
 *
 * <p>Jedis's own readers take channels of one kind only.
 */
abstract class PubSub implements AutoCloseable {
  private final Wire wire;
  private final boolean sharded;

  /**
   * @param sharded whether the scope's channels are
   */
  PubSub(Wire wire, boolean sharded) {
    this.wire = wire;
    this.sharded = sharded;
  }

  /** Subscribes to a channel of the scope, and reads until the connection ends. */
  void read(byte[] first) {
    // What may be silent has the longer timeout.
    wire.setTimeoutInfinite();
    subscribe(true, first);
    while (true) {
      heard((List<?>) wire.getUnflushedObject());
    }
  }

  private void heard(List<?> reply) {
    String kind = new String((byte[]) reply.get(0), UTF_8);
    byte[] name = (byte[]) reply.get(1);
    switch (kind) {
      case "message", "smessage" -> onMessage(name, (byte[]) reply.get(2));
      case "subscribe", "ssubscribe" -> onSubscribe(name);
      case "unsubscribe", "sunsubscribe" -> onUnsubscribe(name);
      default ->
          throw new JedisConnectionException("Redis sent a " + kind + " to a subscribed client");
    }
  }

  void subscribe(boolean ofScope, byte[]... names) {
    wire.send(sharded && ofScope ? Command.SSUBSCRIBE : Command.SUBSCRIBE, names);
  }

  void unsubscribe(boolean ofScope, byte[] name) {
    wire.send(sharded && ofScope ? Command.SUNSUBSCRIBE : Command.UNSUBSCRIBE, name);
  }

  void disconnect() {
    wire.disconnect();
  }

  @Override
  public void close() {
    wire.close();
  }

  abstract void onSubscribe(byte[] name);

  /** Asked for, or, of a sharded channel, since its slot has been moved. */
  abstract void onUnsubscribe(byte[] name);

  abstract void onMessage(byte[] name, byte[] payload);
}
