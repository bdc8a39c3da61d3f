package io.github.ssekit.chat;

import io.github.ssekit.redis.RedisUnavailableException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Starts the chat. The options, or system properties {@code chat.port} and so on:
 *
 * <ul>
 *   <li>{@code --port 3000}
 *   <li>{@code --redis redis://localhost:6379}: without this the chat starts a Redis of its own
 *   <li>{@code --rate 60}: the messages that each person may send per minute
 *   <li>{@code --proxied true}: clients connect through a proxy of ours, which names them in
 *       X-Forwarded-For
 *   <li>{@code --hosts chat.example,www.chat.example}: the host names that browsers may use,
 *       besides localhost
 *   <li>{@code --node NAME}: the node's name on the pages
 * </ul>
 */
public final class Chat {
  /**
   * Logs at INFO which Redis it found, before the line with the chat's address. Kept in a field: a
   * logger without a reference may be collected, and its level with it.
   */
  private static final Logger CONNECTING =
      Logger.getLogger("io.github.ssekit.redis.RedisBridgeBuilder");

  private Chat() {}

  /** Runs until the process ends; exits with status 1, and prints one line, if it can't start. */
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
    String rate = System.getProperty("chat.rate", "60");
    if (!rate.matches("[1-9]\\d{0,5}")) {
      throw new IllegalArgumentException(
          "rate \"" + rate + "\" is not 1 to 999999 messages a minute");
    }
    URI given = redis.isEmpty() ? null : uri(redis);
    // Bind first: if the port is taken, nothing else has to start.
    ChatServer server = ChatServer.bind(Integer.parseInt(port));
    if (given == null) {
      EmbeddedRedis embedded = EmbeddedRedis.start();
      System.out.println("Redis of its own at " + embedded.uri());
      run(server, embedded.uri(), embedded::close);
    } else {
      run(server, given, () -> {});
    }
  }

  private static URI uri(String redis) {
    try {
      return new URI(redis);
    } catch (URISyntaxException e) {
      // The exception's message has the whole URI, and so the password.
      throw new IllegalArgumentException(
          "redis is no URI: %s at character %d".formatted(e.getReason(), e.getIndex() + 1));
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
