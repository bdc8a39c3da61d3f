package io.github.ssekit.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.redis.RedisBridge;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Who is in which room, on all nodes. Each node keeps the names of its connections alive in a
 * sorted set of Redis; those of a node that dies expire. Whenever the names of a room have changed,
 * its pages get all of them, so that an event that is lost does no lasting harm.
 */
final class Presence implements AutoCloseable {
  static final int LIFETIME_MILLIS = 15_000;
  private static final int TICK_MILLIS = 500;
  private static final int REFRESH_TICKS = LIFETIME_MILLIS / 3 / TICK_MILLIS;

  /** A reload, or a connection that comes back, is no leave. */
  private static final int GRACE_MILLIS = 3000;

  private static final int MAX_SHOWN = 100;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What this node knows of a room. */
  private static final class Local {
    final Map<String, Integer> names = new TreeMap<>();
    final List<Connection> newcomers = new ArrayList<>();
    int connections;
    boolean changed;
    volatile String told = "";
  }

  private final String node = UUID.randomUUID().toString();
  private final Hub hub;
  private final RedisBridge bridge;
  private final RedisClient redis;
  private final String script = script();
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(
          1, r -> new Thread(r, "chat-presence"), new ThreadPoolExecutor.DiscardPolicy());

  /** The timer's own, but for what was told. */
  private final Map<Room, Local> rooms = new ConcurrentHashMap<>();

  private int ticks;

  Presence(Hub hub, RedisBridge bridge, URI redis) {
    this.hub = hub;
    this.bridge = bridge;
    this.redis = RedisClient.create(redis);
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    Future<?> unused =
        timer.scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private static String script() {
    try (InputStream in = Presence.class.getResourceAsStream("presence.lua")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A connection has been opened.
   *
   * @param name whose it is; several of one name count once. Null for one who only looks on.
   */
  void joined(Room room, @Nullable String name, Connection connection) {
    timer.execute(
        () -> {
          Local local = rooms.computeIfAbsent(room, r -> new Local());
          local.connections++;
          local.newcomers.add(connection);
          if (name != null) {
            local.names.merge(name, 1, Integer::sum);
            local.changed = true;
          }
        });
    connection.onClose(
        reason -> {
          Runnable left = () -> left(room, name);
          Future<?> unused = timer.schedule(left, GRACE_MILLIS, TimeUnit.MILLISECONDS);
        });
  }

  /**
   * What the pages of this node were told last, or null: for a tab that shares another's stream.
   */
  @Nullable String told(Room room) {
    Local local = rooms.get(room);
    return local == null || local.told.isEmpty() ? null : local.told;
  }

  private void left(Room room, @Nullable String name) {
    Local local = Objects.requireNonNull(rooms.get(room));
    local.connections--;
    if (name != null) {
      local.names.computeIfPresent(name, (n, count) -> count == 1 ? null : count - 1);
      local.changed = true;
    }
  }

  private void tick() {
    boolean all = ++ticks % REFRESH_TICKS == 0;
    try {
      for (Map.Entry<Room, Local> each : rooms.entrySet()) {
        Local local = each.getValue();
        if (all || local.changed || !local.newcomers.isEmpty()) {
          tell(each.getKey(), local);
        }
      }
      rooms.values().removeIf(local -> local.connections == 0);
    } catch (JedisException | PublishException e) {
      // Redis is away: what has changed stays marked.
    }
  }

  private void tell(Room room, Local local) {
    List<String> arguments = new ArrayList<>(local.names.keySet());
    arguments.addAll(0, List.of(node, "" + LIFETIME_MILLIS));
    List<?> names =
        (List<?>) redis.eval(script, List.of("{sse}:presence:" + room.name()), arguments);
    if (names.isEmpty() && local.told.isEmpty()) {
      // Nobody is here, as nobody was.
      local.newcomers.clear();
      local.changed = false;
      return;
    }
    List<?> shown = names.subList(0, Math.min(names.size(), MAX_SHOWN));
    String now =
        JSON.createObjectNode()
            .put("count", names.size())
            .set("here", JSON.valueToTree(shown))
            .toString();
    SseEvent event = SseEvent.of("presence", now);
    if (!now.equals(local.told) && local.changed) {
      bridge.publish(room.presence(), event);
    } else if (!now.equals(local.told)) {
      // Changed by another node, which may have died: each tells its own.
      hub.publish(room.presence(), event);
    }
    local.newcomers.forEach(connection -> connection.send(event));
    local.newcomers.clear();
    local.told = now;
    local.changed = false;
  }

  /** Leaves its names to expire: most likely their pages come back, on another node. */
  @Override
  public void close() {
    timer.shutdownNow();
    redis.close();
  }
}
