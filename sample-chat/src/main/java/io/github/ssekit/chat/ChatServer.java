package io.github.ssekit.chat;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.redis.RedisBridge;
import jakarta.servlet.DispatcherType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.jspecify.annotations.Nullable;

/**
 * One node of the chat: a hub, its bridge to Redis, and a Jetty server with the chat's servlets.
 */
final class ChatServer implements AutoCloseable {
  /**
   * The channel on which a node tells its own pages that it shuts down. Never published to Redis.
   */
  static final String DRAINING = "draining";

  /** These connections take some 150 MB, at the 15 KB of docs/guides/capacity.md. */
  private static final int MAX_CONNECTIONS = 10_000;

  private final HubMetrics metrics = new HubMetrics();

  /** The hub notices within three heartbeats that a client has left. */
  private final Hub hub =
      Hub.builder()
          .heartbeat(Duration.ofSeconds(5))
          .maxConnections(MAX_CONNECTIONS)
          .observer(metrics)
          .create();

  private final Server jetty = new Server();
  private final ServerConnector connector;
  private @Nullable RedisBridge redis;

  private ChatServer(int port) {
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    connector = new ServerConnector(jetty, new HttpConnectionFactory(http));
    connector.setPort(port);
    // The bytes that the kernel may hold for a client that doesn't read.
    connector.setAcceptedSendBufferSize(64 << 10);
    jetty.addConnector(connector);
  }

  /**
   * Binds the port. The server does not answer yet.
   *
   * @param port 0 for any free port
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
   * Connects to Redis, then answers requests.
   *
   * @throws io.github.ssekit.redis.RedisUnavailableException if Redis can't be reached
   */
  void start(URI redisUri) {
    RedisBridge bridge =
        RedisBridge.builder(hub, redisUri)
            .history(channel -> channel.startsWith(Room.HISTORY_PREFIX))
            .presence(channel -> channel.startsWith(Room.PRESENCE_PREFIX))
            .eventTypes(ChatServer::eventType)
            .ignore(Outside::isOurs)
            .connect();
    redis = bridge;
    ServletContextHandler context = new ServletContextHandler();
    String name = nodeName();
    FilterHolder gate = new FilterHolder(new Gate());
    gate.setAsyncSupported(true);
    context.addFilter(gate, "/*", EnumSet.of(DispatcherType.REQUEST));
    ServletHolder chat = new ServletHolder(new ChatServlet(name, hub, bridge));
    chat.setAsyncSupported(true);
    context.addServlet(chat, "/chats/*");
    context.addServlet(chat, ""); // matches / alone
    ServletHolder status = new ServletHolder(new StatusServlet(name, hub, bridge, metrics));
    context.addServlet(status, "/status");
    context.addServlet(status, "/healthz");
    // Jetty's own error pages repeat the requested address.
    Request.Handler noErrorPage =
        (request, response, callback) -> {
          callback.succeeded();
          return true;
        };
    context.setErrorHandler(noErrorPage);
    jetty.setErrorHandler(noErrorPage);
    jetty.setHandler(context);
    try {
      jetty.start();
    } catch (Exception e) {
      throw new IllegalStateException("Jetty doesn't start", e);
    }
  }

  /** The event type of a channel: "presence" or "typing"; none for messages. */
  private static @Nullable String eventType(String channel) {
    boolean messages = channel.equals(Outside.CHANNEL) || channel.startsWith(Room.HISTORY_PREFIX);
    return messages ? null : channel.split(":", 2)[0];
  }

  /** The node's name on the pages: chat.node, or host and port. */
  private String nodeName() {
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

  /** Disconnects the clients, a few at a time, while the node still works. */
  void drain() {
    hub.publish(DRAINING, SseEvent.of("draining", "the node shuts down"));
    hub.drain(Duration.ofSeconds(3));
  }

  /** Ends the event streams first, then Jetty and the connections to Redis. */
  @Override
  public void close() {
    hub.close();
    try {
      jetty.stop();
    } catch (Exception e) {
      System.err.println("Jetty doesn't stop: " + e);
    }
    if (redis != null) {
      redis.close();
    }
  }
}
