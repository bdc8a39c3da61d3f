package io.github.ssekit.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.HubSnapshot;
import io.github.ssekit.redis.RedisBridge;
import io.github.ssekit.redis.RedisHealth;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The state of this node. {@code /status} is a page for people, and JSON for programs, which don't
 * accept HTML. {@code /healthz} is for load balancers: 503 while Redis is not heard or a thread of
 * the hub hangs. Neither shows anything of the users, yet both are for operators only.
 */
final class StatusServlet extends HttpServlet {
  private static final long serialVersionUID = 1;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String node;
  private final transient Hub hub;
  private final transient RedisBridge redis;
  private final transient HubMetrics metrics;

  /** The last snapshot, and the {@link System#nanoTime} when it was taken. Guarded by this. */
  private transient @Nullable HubSnapshot snapshot;

  private transient long taken;

  StatusServlet(String node, Hub hub, RedisBridge redis, HubMetrics metrics) {
    this.node = node;
    this.hub = hub;
    this.redis = redis;
    this.metrics = metrics;
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    response.setHeader("Cache-Control", "no-store");
    if (request.getServletPath().equals("/healthz")) {
      RedisHealth.Problem deaf = redis.health().deaf();
      String failure =
          !hub.isHealthy()
              ? "a thread of the hub hangs"
              : deaf == null ? null : "Redis is not heard: " + deaf.reason();
      ChatServlet.answer(response, failure == null ? 200 : 503, failure == null ? "ok" : failure);
      return;
    }
    String accept = request.getHeader("Accept");
    boolean html = accept != null && accept.contains("text/html");
    response.setContentType(html ? "text/html;charset=utf-8" : "application/json");
    response.setHeader("Vary", "Accept");
    byte[] body = html ? page(status()).getBytes(UTF_8) : JSON.writeValueAsBytes(status());
    response.getOutputStream().write(body);
  }

  private Map<String, @Nullable Object> status() {
    Runtime jvm = Runtime.getRuntime();
    Map<String, @Nullable Object> status = new LinkedHashMap<>();
    status.put("node", node);
    status.put("pid", ProcessHandle.current().pid());
    status.put("uptimeMillis", ManagementFactory.getRuntimeMXBean().getUptime());
    HubSnapshot now = snapshot();
    status.put("connections", now.connectionCount());
    status.put("channels", now.channelCount());
    status.put("lag", metrics.lag());
    status.put("resets", metrics.resets());
    status.put("position", String.valueOf(redis.position()));
    status.put("threadsWork", hub.isHealthy());
    status.put("replayBytes", now.replayBytes());
    RedisHealth health = redis.health();
    Duration probe = health.sinceProbe();
    RedisHealth.Problem problem = health.deaf() == null ? health.refused() : health.deaf();
    status.put("redisHeard", health.deaf() == null);
    status.put("redisProblem", problem == null ? null : problem.reason());
    status.put("sinceProbeMillis", probe == null ? null : probe.toMillis());
    status.put("memoryUsedBytes", jvm.totalMemory() - jvm.freeMemory());
    status.put("memoryMaxBytes", jvm.maxMemory());
    return status;
  }

  /**
   * A snapshot of the last second: a new snapshot looks at every connection, which is too much for
   * every request.
   */
  private synchronized HubSnapshot snapshot() {
    HubSnapshot last = snapshot;
    if (last == null || System.nanoTime() - taken > 1_000_000_000) {
      last = hub.snapshot(1);
      taken = System.nanoTime();
      snapshot = last;
    }
    return last;
  }

  private String page(Map<String, @Nullable Object> status) {
    boolean heard = Boolean.TRUE.equals(status.get("redisHeard"));
    StringBuilder rows = new StringBuilder();
    status.forEach(
        (name, value) -> {
          Object shown =
              value instanceof Number n && !name.equals("pid")
                  ? "%,d".formatted(n.longValue())
                  : value;
          // A problem's reason quotes Redis.
          String text = String.valueOf(shown).replace("&", "&amp;").replace("<", "&lt;");
          rows.append("<tr><th scope=row>" + name + "<td>" + text);
        });
    return PAGE.formatted(
        node, node, heard ? "open" : "none", heard ? "Redis is heard" : "Redis is not heard", rows);
  }

  private static final String PAGE =
      """
      <!doctype html><html lang=en><meta charset=utf-8>
      <meta name=viewport content="width=device-width, initial-scale=1">
      <meta name=color-scheme content="light dark"><meta http-equiv=refresh content=2>
      <title>%s · SSE Kit</title><link rel=stylesheet href=/chats/chat.css>
      <header><h1>%s</h1><a class=plain href=/chats>Chat</a><p class=about>
      <span id=connection data-state=%s>%s</span></p></header>
      <main id=log><table>%s</table></main>
      """;
}
