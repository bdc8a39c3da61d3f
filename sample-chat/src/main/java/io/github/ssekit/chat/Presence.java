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
 * The names of the people in each room, on all nodes. Each node refreshes the names of its
 * connections in a sorted set of Redis; the names of a node that dies expire. When the names of a
 * room change, its pages get all of them, so that a lost event does no lasting harm.
 */
final class Presence implements AutoCloseable {
  static final int LIFETIME_MILLIS = 15_000;
  private static final int TICK_MILLIS = 500;
  private static final int REFRESH_TICKS = LIFETIME_MILLIS / 3 / TICK_MILLIS;

  /** A page that reloads or reconnects within this time does not leave the room. */
  private static final int GRACE_MILLIS = 3000;

  private static final int MAX_SHOWN = 100;
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * One room as this node knows it. Only the timer's thread uses it, except for {@link #latest}.
   */
  private static final class LocalRoom {
    final Map<String, Integer> names = new TreeMap<>();
    final List<Connection> newcomers = new ArrayList<>();
    int connections;
    boolean changed;

    /** The last presence event, as JSON; empty before the first. */
    volatile String latest = "";
  }

  private final String node = UUID.randomUUID().toString();
  private final Hub hub;
  private final RedisBridge bridge;
  private final RedisClient redis;
  private final String script = script();
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(
          1, r -> new Thread(r, "chat-presence"), new ThreadPoolExecutor.DiscardPolicy());

  private final Map<Room, LocalRoom> rooms = new ConcurrentHashMap<>();

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
   * Counts a new connection, until it closes.
   *
   * @param name the person's name, which counts once for several connections; null for a person who
   *     only reads
   */
  void joined(Room room, @Nullable String name, Connection connection) {
    timer.execute(
        () -> {
          LocalRoom local = rooms.computeIfAbsent(room, r -> new LocalRoom());
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
   * The latest presence event of this node's pages, as JSON, or null. A tab that shares another
   * tab's stream starts with it.
   */
  @Nullable String latest(Room room) {
    LocalRoom local = rooms.get(room);
    return local == null || local.latest.isEmpty() ? null : local.latest;
  }

  private void left(Room room, @Nullable String name) {
    LocalRoom local = Objects.requireNonNull(rooms.get(room));
    local.connections--;
    if (name != null) {
      local.names.computeIfPresent(name, (n, count) -> count == 1 ? null : count - 1);
      local.changed = true;
    }
  }

  private void tick() {
    boolean refresh = ++ticks % REFRESH_TICKS == 0;
    try {
      for (Map.Entry<Room, LocalRoom> each : rooms.entrySet()) {
        LocalRoom local = each.getValue();
        if (refresh || local.changed || !local.newcomers.isEmpty()) {
          sendNames(each.getKey(), local);
        }
      }
      rooms.values().removeIf(local -> local.connections == 0);
    } catch (JedisException | PublishException e) {
      // Redis is away: rooms that changed stay marked, and the next tick tries again.
    }
  }

  private void sendNames(Room room, LocalRoom local) {
    List<String> arguments = new ArrayList<>(local.names.keySet());
    arguments.addAll(0, List.of(node, "" + LIFETIME_MILLIS));
    List<?> names =
        (List<?>) redis.eval(script, List.of("{sse}:presence:" + room.name()), arguments);
    if (names.isEmpty() && local.latest.isEmpty()) {
      // The room is empty, as it was before.
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
    if (!now.equals(local.latest) && local.changed) {
      bridge.publish(room.presence(), event);
    } else if (!now.equals(local.latest)) {
      // The change is another node's, which may have died: each node tells its own pages.
      hub.publish(room.presence(), event);
    }
    local.newcomers.forEach(connection -> connection.send(event));
    local.newcomers.clear();
    local.latest = now;
    local.changed = false;
  }

  /** Lets this node's names expire: most of their pages reconnect to another node meanwhile. */
  @Override
  public void close() {
    timer.shutdownNow();
    redis.close();
  }
}
