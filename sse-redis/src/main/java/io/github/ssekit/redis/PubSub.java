package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * A connection that is subscribed, and hears the scope's channels and plain ones. In a cluster the
 * scope's are sharded: they live where the scope's keys do, and end when these are moved away.
 *
 * <p>Jedis's own readers take channels of one kind only.
 */
abstract class PubSub implements AutoCloseable {
  private final Wire wire;
  private final boolean sharded;

  /** What was sent and is not answered: Redis answers in order, and names nothing it refuses. */
  private final Queue<Sent> unanswered = new ConcurrentLinkedQueue<>();

  private static final class Sent {
    private final Command command;
    private final byte[][] names;

    /** The reader's. */
    private int answers;

    Sent(Command command, byte[]... names) {
      this.command = command;
      this.names = names;
    }
  }

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
      List<?> reply;
      try {
        reply = (List<?>) wire.getUnflushedObject();
      } catch (JedisDataException e) {
        refused(e);
        continue;
      }
      heard(reply);
    }
  }

  private void heard(List<?> reply) {
    String kind = new String((byte[]) reply.get(0), UTF_8);
    byte[] name = (byte[]) reply.get(1);
    switch (kind) {
      case "message", "smessage" -> onMessage(name, (byte[]) reply.get(2));
      case "subscribe", "ssubscribe" -> {
        answered(Command.valueOf(kind.toUpperCase(Locale.ROOT)));
        onSubscribe(name);
      }
      case "unsubscribe", "sunsubscribe" -> {
        answered(Command.valueOf(kind.toUpperCase(Locale.ROOT)));
        onUnsubscribe(name);
      }
      case "pong" -> {
        answered(Command.PING);
        onPong();
      }
      default ->
          throw new JedisConnectionException("Redis sent a " + kind + " to a subscribed client");
    }
  }

  /**
   * One answer to the oldest command, if it is one of its kind: a slot that moves is not asked for.
   */
  private void answered(Command command) {
    Sent oldest = unanswered.peek();
    if (oldest != null && oldest.command == command) {
      oldest.answers++;
      if (oldest.answers >= oldest.names.length) {
        unanswered.remove();
      }
    }
  }

  private void refused(JedisDataException e) {
    Sent oldest = unanswered.poll();
    if (oldest == null) {
      throw e;
    }
    if (oldest.command == Command.SUBSCRIBE || oldest.command == Command.SSUBSCRIBE) {
      onRefused(List.of(oldest.names), e);
    }
  }

  void subscribe(boolean ofScope, byte[]... names) {
    send(sharded && ofScope ? Command.SSUBSCRIBE : Command.SUBSCRIBE, names);
  }

  void unsubscribe(boolean ofScope, byte[] name) {
    send(sharded && ofScope ? Command.SUNSUBSCRIBE : Command.UNSUBSCRIBE, name);
  }

  void ping() {
    send(Command.PING);
  }

  private void send(Command command, byte[]... names) {
    unanswered.add(new Sent(command, names));
    wire.send(command, names);
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

  /** Redis has answered a {@link #ping}. */
  abstract void onPong();

  /** Redis does not let us subscribe to these, or to one of them. */
  abstract void onRefused(List<byte[]> names, JedisDataException why);

  abstract void onMessage(byte[] name, byte[] payload);
}
