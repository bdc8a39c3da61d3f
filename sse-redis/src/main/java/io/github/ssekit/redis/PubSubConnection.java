package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Redis pub/sub on one connection: sends the commands that subscribe, and reads replies and
 * messages. In a cluster the scope's channels are sharded: they live on the server of the scope's
 * keys, and subscriptions to them end when the keys are moved away. Jedis's own readers take
 * channels of one kind only.
 *
 * <p>One thread reads, one thread sends.
 */
final class PubSubConnection {
  private final RedisConnection connection;
  private final boolean sharded;

  /**
   * Commands without an answer yet: Redis answers in order, and an error doesn't name its command.
   */
  private final Queue<Sent> unanswered = new ConcurrentLinkedQueue<>();

  private static final class Sent {
    private final String command;
    private final byte[][] names;

    /** Counted by the reader. */
    private int answers;

    Sent(String command, byte[]... names) {
      this.command = command;
      this.names = names;
    }
  }

  /** Takes replies and messages, on the thread that reads. */
  interface Listener {
    void subscribed(byte[] name);

    /**
     * A subscription has ended: on request or, for a sharded channel, because its slot was moved.
     */
    void unsubscribed(byte[] name);

    /** Redis has answered a {@link #ping}. */
    void ponged();

    /** Redis refuses the subscription to these channels, or to one of them. */
    void refused(List<byte[]> names, RedisFailure.Refused why);

    /** Redis refuses to end the subscription to a channel. */
    void stays(byte[] name);

    void message(byte[] name, byte[] payload);
  }

  /**
   * @param sharded whether the scope's channels are sharded
   */
  PubSubConnection(RedisConnection connection, boolean sharded) {
    this.connection = connection;
    this.sharded = sharded;
  }

  /** Subscribes to a channel of the scope, and reads until the connection fails. */
  void read(byte[] first, Listener listener) {
    connection.awaitMessages();
    subscribe(true, first);
    while (true) {
      List<?> reply;
      try {
        reply = (List<?>) connection.next();
      } catch (RedisFailure.Refused e) {
        dispatchRefusal(e, listener);
        continue;
      }
      dispatch(reply, listener);
    }
  }

  private void dispatch(List<?> reply, Listener listener) {
    String kind = new String((byte[]) reply.get(0), UTF_8);
    byte[] name = (byte[]) reply.get(1);
    switch (kind) {
      case "message", "smessage" -> listener.message(name, (byte[]) reply.get(2));
      case "subscribe", "ssubscribe" -> {
        countAnswer(kind.toUpperCase(Locale.ROOT));
        listener.subscribed(name);
      }
      case "unsubscribe", "sunsubscribe" -> {
        countAnswer(kind.toUpperCase(Locale.ROOT));
        listener.unsubscribed(name);
      }
      case "pong" -> {
        countAnswer("PING");
        listener.ponged();
      }
      default ->
          throw new RedisFailure.Disconnected("Redis sent a " + kind + " to a subscribed client");
    }
  }

  /**
   * Counts an answer to the oldest command, if it is of that command's kind: when a slot moves,
   * Redis ends subscriptions without a command.
   */
  private void countAnswer(String command) {
    Sent oldest = unanswered.peek();
    if (oldest != null && oldest.command.equals(command)) {
      oldest.answers++;
      if (oldest.answers >= oldest.names.length) {
        unanswered.remove();
      }
    }
  }

  private void dispatchRefusal(RedisFailure.Refused why, Listener listener) {
    Sent oldest = unanswered.poll();
    if (oldest == null) {
      throw why;
    }
    if (oldest.command.equals("SUBSCRIBE") || oldest.command.equals("SSUBSCRIBE")) {
      listener.refused(List.of(oldest.names), why);
    } else if (oldest.command.endsWith("UNSUBSCRIBE")) {
      listener.stays(oldest.names[0]);
    }
  }

  /**
   * @param ofScope whether the channels are the scope's
   */
  void subscribe(boolean ofScope, byte[]... names) {
    send(sharded && ofScope ? "SSUBSCRIBE" : "SUBSCRIBE", names);
  }

  /**
   * @param ofScope whether the channel is the scope's
   */
  void unsubscribe(boolean ofScope, byte[] name) {
    send(sharded && ofScope ? "SUNSUBSCRIBE" : "UNSUBSCRIBE", name);
  }

  void ping() {
    send("PING");
  }

  private void send(String command, byte[]... names) {
    unanswered.add(new Sent(command, names));
    connection.send(command, names);
  }

  void disconnect() {
    connection.disconnect();
  }
}
