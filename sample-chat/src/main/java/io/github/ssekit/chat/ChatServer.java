package io.github.ssekit.chat;

import io.github.ssekit.core.Hub;
import io.github.ssekit.redis.RedisBridge;
import io.github.ssekit.servlet.EventStreamServlet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.List;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.jspecify.annotations.Nullable;

/** One node of the chat: a hub, its bridge to Redis, and a Jetty with the chat's servlets. */
final class ChatServer implements AutoCloseable {
  private static final String ROOM = "room:";

  /** The channel of the conversation. Rooms have history: a page that comes back misses nothing. */
  static final String LOBBY = ROOM + "lobby";

  /** The Redis channel by which any other program can speak. It has no history. */
  static final String OUTSIDE = "chat";

  /** The type of the events that are not kept, so that a page can tell them from the others. */
  private static final String LIVE = "live";

  private final Hub hub = Hub.create();
  private final Server jetty = new Server();
  private final ServerConnector connector;
  private @Nullable RedisBridge redis;

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
            .history(channel -> channel.startsWith(ROOM))
            .eventTypes(channel -> LIVE)
            .connect();
    redis = bridge;
    ServletContextHandler context = new ServletContextHandler();
    ServletHolder events =
        new ServletHolder(EventStreamServlet.of(hub, r -> List.of(LOBBY, OUTSIDE)));
    events.setAsyncSupported(true);
    context.addServlet(events, "/chats/new");
    context.addServlet(new ServletHolder(new RecentServlet(bridge)), "/chats/recent");
    context.addServlet(new ServletHolder(new ChatServlet(bridge)), "/chats/*");
    jetty.setHandler(context);
    try {
      jetty.start();
    } catch (Exception e) {
      throw new IllegalStateException("Jetty doesn't start", e);
    }
  }

  URI uri() {
    return URI.create("http://localhost:" + connector.getLocalPort() + "/chats");
  }

  int connectionCount() {
    return hub.connectionCount();
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
    if (redis != null) {
      redis.close();
    }
  }
}
