package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes the calls of {@code publish.lua} and of the scripts that call it. Thread-safe. */
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

  /** The ids that this node has seen in Redis. Thread-safe. */
  interface Witness {
    /** Returns the position up to which this node has everything, or null. */
    @Nullable Position position();

    /** Returns the highest id that this node knows to have existed on a run, or null. */
    @Nullable Position seenOn(String run);

    /** A run has confirmed a publish. */
    void published(String run, Stored stored);
  }

  /**
   * The reply of {@code publish.lua}.
   *
   * @param onRun whether the event was stored on the run that replies: an event with a token may
   *     have been stored before
   */
  record Stored(Position position, boolean onRun) {
    static Stored of(Object reply) {
      return reply instanceof List<?> before
          ? new Stored(HistoryScripts.position(before.get(0)), false)
          : new Stored(HistoryScripts.position(reply), true);
    }
  }

  /**
   * @param publishCommand the command that publishes to the scope's channels
   * @param events how many events of a channel Redis keeps
   * @param age how long Redis keeps them
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

  /** A publish to a channel with history. */
  Publication<@Nullable Position> of(String channel, SseEvent event, @Nullable String token) {
    List<byte[]> keys = new ArrayList<>(4);
    keys.add(scope.hash());
    keys.add(scope.stream(channel));
    keys.add(scope.redisChannel(channel));
    if (token != null) {
      keys.add(scope.token(token));
    }
    return call(
        Script.PUBLISH, keys, channel, event, List.of(), reply -> Outcome.of(Stored.of(reply)));
  }

  /**
   * The meaning of a reply.
   *
   * @param stored the stored event, or null if none was stored
   */
  record Outcome<T extends @Nullable Object>(@Nullable Stored stored, T value) {
    static Outcome<@Nullable Position> of(Stored stored) {
      return new Outcome<>(stored, stored.position());
    }
  }

  /**
   * A call of {@code publish.lua}, or of a script that calls it.
   *
   * @param keys the keys of {@code publish.lua}, and the script's own
   * @param args the script's own arguments, behind those of {@code publish.lua}
   * @param outcome reads the reply
   */
  <T extends @Nullable Object> Publication<T> call(
      Script script,
      List<byte[]> keys,
      String channel,
      SseEvent event,
      List<byte[]> args,
      Function<Object, Outcome<T>> outcome) {
    return new Call<>(
        script, keys, bytes(channel), bytes(event.type()), bytes(event.data()), args, outcome);
  }

  private static byte[] bytes(@Nullable Object text) {
    return text == null ? new byte[0] : text.toString().getBytes(UTF_8);
  }

  private final class Call<T extends @Nullable Object> implements Publication<T> {
    private final Script script;
    private final List<byte[]> keys;
    private final byte[] channel;
    private final byte[] type;
    private final byte[] data;
    private final List<byte[]> more;
    private final Function<Object, Outcome<T>> outcome;

    Call(
        Script script,
        List<byte[]> keys,
        byte[] channel,
        byte[] type,
        byte[] data,
        List<byte[]> more,
        Function<Object, Outcome<T>> outcome) {
      this.script = script;
      this.keys = keys;
      this.channel = channel;
      this.type = type;
      this.data = data;
      this.more = more;
      this.outcome = outcome;
    }

    @Override
    public int bytes() {
      return OVERHEAD + channel.length + type.length + data.length + sum(keys) + sum(more);
    }

    private static int sum(List<byte[]> all) {
      return all.stream().mapToInt(each -> each.length).sum();
    }

    @Override
    public Object call(RedisConnection connection) {
      return script.run(connection, keys, arguments(connection.run()));
    }

    @Override
    public boolean isAppendable(RedisConnection connection) {
      return connection.hasLearnt(script);
    }

    @Override
    public void append(RedisConnection connection) {
      script.append(connection, keys, arguments(connection.run()));
    }

    private List<byte[]> arguments(String run) {
      List<byte[]> all = new ArrayList<>(12 + more.size());
      all.add(channel);
      all.add(type);
      all.add(data);
      all.add(events);
      all.add(age);
      all.add(PublishScript.bytes(run));
      all.add(publishCommand);
      all.add(tokenAge);
      all.add(PublishScript.bytes(witness.position()));
      all.add(PublishScript.bytes(witness.seenOn(run)));
      all.add(control);
      all.add(maxEventBytes);
      all.addAll(more);
      return all;
    }

    @Override
    public T confirm(String run, Object reply) {
      Outcome<T> said = outcome.apply(reply);
      if (said.stored() != null) {
        witness.published(run, said.stored());
      }
      return said.value();
    }
  }
}
