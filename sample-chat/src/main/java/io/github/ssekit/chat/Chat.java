package io.github.ssekit.chat;

import io.github.ssekit.redis.RedisUnavailableException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Starts the chat: {@code [--port 3000] [--redis redis://localhost:6379] [--rate 60] [--proxied
 * true] [--hosts chat.example,www.chat.example] [--node NAME]}, or the system properties {@code
 * chat.port} and so on. The rate is how many messages each person may send a minute; who is behind
 * a proxy of ours, and so known by what that says in X-Forwarded-For, is proxied. The hosts are the
 * names by which browsers may ask, beside localhost; the node's name is what the pages show.
 * Without a Redis it starts one of its own.
 */
public final class Chat {
  /**
   * Says at INFO which Redis it has found, which would bury the chat's address. A field, since a
   * logger that nobody holds forgets its level.
   */
  private static final Logger CONNECTING =
      Logger.getLogger("io.github.ssekit.redis.RedisBridgeBuilder");

  private Chat() {}

  /** Runs until the process is told to end; exits with 1, and one line, if it can't start. */
  public static void main(String[] args) {
    CONNECTING.setLevel(Level.WARNING);
    try {
      for (int i = 0; i < args.length; i += 2) {
        if (!args[i].matches("--(port|redis|rate|proxied|hosts|node)") || i + 1 == args.length) {
          throw new IllegalArgumentException(
              "options are --port NUMBER, --redis URI, --rate NUMBER, --proxied true, --hosts NAME,NAME and --node NAME");
        }
        System.setProperty("chat." + args[i].substring(2), args[i + 1]);
      }
      start(System.getProperty("chat.port", "3000"), System.getProperty("chat.redis", ""));
    } catch (IllegalArgumentException | RedisUnavailableException | UncheckedIOException e) {
      System.err.println("The chat can't start: " + e.getMessage());
      System.exit(1);
    }
  }

  private static void start(String port, String redis) {
    if (!port.matches("\\d{1,5}")) {
      throw new IllegalArgumentException("port \"" + port + "\" is not a number from 0 to 65535");
    }
    if (!redis.isEmpty() && !redis.matches("rediss?://.+")) {
      throw new IllegalArgumentException(
          "redis is not redis://HOST:PORT or rediss://HOST:PORT but "
              + redis.replaceAll(":.*", ":…"));
    }
    // Bound first: if the port is taken, nothing else needs to start.
    ChatServer server = ChatServer.bind(Integer.parseInt(port));
    if (redis.isEmpty()) {
      EmbeddedRedis embedded = EmbeddedRedis.start();
      System.out.println("Redis of its own at " + embedded.uri());
      run(server, embedded.uri(), embedded::close);
    } else {
      run(server, URI.create(redis), () -> {});
    }
  }

  private static void run(ChatServer server, URI redis, Runnable stopRedis) {
    Runnable stop =
        () -> {
          server.drain();
          server.close();
          stopRedis.run();
        };
    Runtime.getRuntime().addShutdownHook(new Thread(stop, "chat-shutdown"));
    server.start(redis);
    System.out.println("Chat at " + server.uri() + " (Ctrl-C ends it)");
  }
}
