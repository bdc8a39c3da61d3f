package io.github.ssekit.chat;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.HubObserver;
import io.github.ssekit.hub.StreamReset;
import io.github.ssekit.redis.RedisBridge;
import jakarta.servlet.DispatcherType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.concurrent.atomic.LongAdder;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.jspecify.annotations.Nullable;

/** One node of the chat: a hub, its bridge to Redis, and a Jetty with the chat's servlets. */
final class ChatServer implements AutoCloseable {
  /** The channel by which a node tells its own pages that it ends; it never publishes to Redis. */
  static final String DRAINING = "draining";

  private final Figures figures = new Figures();

  /** That a client has left is noticed within three heartbeats; until then it is shown as here. */
  private final Hub hub = Hub.builder().heartbeat(Duration.ofSeconds(5)).observer(figures).create();

  private final Server jetty = new Server();
  private final ServerConnector connector;
  private @Nullable RedisBridge redis;
  private @Nullable Presence presence;

  /** What the hub told last, for the status. */
  static final class Figures implements HubObserver {
    final LongAdder resets = new LongAdder();
    volatile int lag;

    @Override
    public void reset(@Nullable Connection connection, StreamReset reset) {
      resets.increment();
    }

    @Override
    public void written(Written totals) {
      lag = totals.lag();
    }
  }

  private ChatServer(int port) {
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    connector = new ServerConnector(jetty, new HttpConnectionFactory(http));
    connector.setPort(port);
    // What the kernel may hold of a client that doesn't read.
    connector.setAcceptedSendBufferSize(64 << 10);
    jetty.addConnector(connector);
  }

  /**
   * A server that has its port and doesn't answer yet.
   *
   * @param port 0 for a free one
   * @throws UncheckedIOException if the port is taken
   */
  static ChatServer bind(int port) {
    ChatServer server = new ChatServer(port);
    try {
      server.connector.open();
    } catch (IOException e) {
      server.hub.close();
      throw new UncheckedIOException("port " + port + " is not free: " + e.getMessage(), e);
    }
    return server;
  }

  /** Binds and starts. */
  static ChatServer start(int port, URI redis) {
    ChatServer server = bind(port);
    server.start(redis);
    return server;
  }

  /**
   * Connects with Redis and begins to answer.
   *
   * @throws io.github.ssekit.redis.RedisUnavailableException if Redis is not to be had
   */
  void start(URI redisUri) {
    RedisBridge bridge =
        RedisBridge.builder(hub, redisUri)
            .history(channel -> channel.startsWith(Room.KEPT))
            .eventTypes(ChatServer::eventType)
            .ignore(Outside::isOurs)
            .connect();
    redis = bridge;
    presence = new Presence(hub, bridge, redisUri);
    ServletContextHandler context = new ServletContextHandler();
    String name = name();
    FilterHolder gate = new FilterHolder(new Gate());
    gate.setAsyncSupported(true);
    context.addFilter(gate, "/*", EnumSet.of(DispatcherType.REQUEST));
    ServletHolder chat = new ServletHolder(new ChatServlet(name, hub, bridge, presence));
    chat.setAsyncSupported(true);
    context.addServlet(chat, "/chats/*");
    context.addServlet(chat, ""); // that is, / alone
    ServletHolder status = new ServletHolder(new StatusServlet(name, hub, bridge, figures));
    context.addServlet(status, "/status");
    context.addServlet(status, "/healthz");
    // The container's own would repeat what was asked for.
    Request.Handler nothing =
        (request, response, callback) -> {
          callback.succeeded();
          return true;
        };
    context.setErrorHandler(nothing);
    jetty.setErrorHandler(nothing);
    jetty.setHandler(context);
    try {
      jetty.start();
    } catch (Exception e) {
      throw new IllegalStateException("Jetty doesn't start", e);
    }
  }

  /** Of presence and typing, that; what is said has none. */
  private static @Nullable String eventType(String channel) {
    boolean said = channel.equals(Outside.CHANNEL) || channel.startsWith(Room.KEPT);
    return said ? null : channel.split(":", 2)[0];
  }

  /** By what people are told which node serves them. */
  private String name() {
    String host = System.getenv().getOrDefault("HOSTNAME", "localhost");
    String name = System.getProperty("chat.node", host + ":" + connector.getLocalPort());
    if (!name.matches("[\\w .:-]{1,60}")) {
      throw new IllegalArgumentException(
          "node \"" + name + "\" is not 1 to 60 of A-Z, a-z, 0-9, space and _.:-");
    }
    return name;
  }

  URI uri() {
    return URI.create("http://localhost:" + connector.getLocalPort() + "/chats");
  }

  int connectionCount() {
    return hub.connectionCount();
  }

  /** Sends the clients away, a few at a time, while the rest still works. */
  void drain() {
    hub.publish(DRAINING, SseEvent.of("draining", "the node ends"));
    hub.drain(Duration.ofSeconds(3));
  }

  /** Ends the event streams, then the rest. */
  @Override
  public void close() {
    hub.close();
    try {
      jetty.stop();
    } catch (Exception e) {
      System.err.println("Jetty doesn't stop: " + e);
    }
    if (presence != null) {
      presence.close();
    }
    if (redis != null) {
      redis.close();
    }
  }
}
