package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What all calls of {@code publish.lua} have in common. Thread-safe. */
final class PublishScript {
  private static final Duration TOKEN_AGE = Duration.ofMinutes(10);

  private final Scope scope;
  private final Witness witness;
  private final byte[] publishCommand;
  private final byte[] events;
  private final byte[] age;
  private final byte[] tokenAge = bytes("" + TOKEN_AGE.toMillis());
  private final byte[] control;
  private final byte[] maxEventBytes;

  /** What this node has seen of Redis. Thread-safe. */
  interface Witness {
    /** Returns up to where this node has heard, or null. */
    @Nullable Position position();

    /** Returns the highest id that this node knows to have existed on a run, or null. */
    @Nullable Position seenOn(String run);

    /** A run has confirmed a publish. */
    void published(String run, Stored stored);
  }

  /**
   * What {@code publish.lua} replies.
   *
   * @param onRun whether the event was stored on the run that answers: a token may answer for an
   *     event that was stored before
   */
  record Stored(Position position, boolean onRun) {
    static Stored of(Object reply) {
      return reply instanceof List<?> before
          ? new Stored(HistoryScripts.position(before.get(0)), false)
          : new Stored(HistoryScripts.position(reply), true);
    }
  }

  /**
   * @param publishCommand what publishes to the scope's channels
   * @param events how many Redis keeps
   * @param age how long it keeps them
   */
  PublishScript(
      Scope scope,
      String publishCommand,
      int events,
      Duration age,
      int maxEventBytes,
      Witness witness) {
    this.scope = scope;
    this.witness = witness;
    this.publishCommand = bytes(publishCommand);
    this.events = bytes("" + events);
    this.age = bytes("" + age.toMillis());
    this.maxEventBytes = bytes("" + maxEventBytes);
    control = scope.control();
  }

  Publication of(String channel, SseEvent event, @Nullable String token) {
    List<byte[]> keys = new ArrayList<>(4);
    keys.add(scope.hash());
    keys.add(scope.stream(channel));
    keys.add(scope.redisChannel(channel));
    if (token != null) {
      keys.add(scope.token(token));
    }
    return new Call(keys, bytes(channel), bytes(event.type()), bytes(event.data()));
  }

  /** The arguments of {@code publish.lua}, for a script that calls it. */
  List<byte[]> arguments(String channel, SseEvent event, String run) {
    return new Call(List.of(), bytes(channel), bytes(event.type()), bytes(event.data()))
        .arguments(run);
  }

  private static byte[] bytes(@Nullable Object text) {
    return text == null ? new byte[0] : text.toString().getBytes(UTF_8);
  }

  private final class Call implements Publication {
    private final List<byte[]> keys;
    private final byte[] channel;
    private final byte[] type;
    private final byte[] data;

    Call(List<byte[]> keys, byte[] channel, byte[] type, byte[] data) {
      this.keys = keys;
      this.channel = channel;
      this.type = type;
      this.data = data;
    }

    @Override
    public int bytes() {
      int bytes = OVERHEAD + channel.length + type.length + data.length;
      for (byte[] key : keys) {
        bytes += key.length;
      }
      return bytes;
    }

    @Override
    public Object call(RedisConnection connection) {
      return Script.PUBLISH.run(connection, keys, arguments(connection.run()));
    }

    @Override
    public void append(RedisConnection connection) {
      Script.PUBLISH.append(connection, keys, arguments(connection.run()));
    }

    private List<byte[]> arguments(String run) {
      return List.of(
          channel,
          type,
          data,
          events,
          age,
          PublishScript.bytes(run),
          publishCommand,
          tokenAge,
          PublishScript.bytes(witness.position()),
          PublishScript.bytes(witness.seenOn(run)),
          control,
          maxEventBytes);
    }

    @Override
    public Position confirm(String run, Object reply) {
      Stored stored = Stored.of(reply);
      witness.published(run, stored);
      return stored.position();
    }
  }
}
