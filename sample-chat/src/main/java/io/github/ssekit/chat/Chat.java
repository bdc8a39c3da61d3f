package io.github.ssekit.chat;

import io.github.ssekit.redis.RedisUnavailableException;
import java.io.UncheckedIOException;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * Starts the chat: {@code [--port 3000] [--redis redis://localhost:6379]}, or the system properties
 * {@code chat.port} and {@code chat.redis}. Without a Redis it starts one of its own.
 */
public final class Chat {
  private Chat() {}

  /** Runs until the process is told to end; exits with 1, and one line, if it can't start. */
  public static void main(String[] args) {
    try {
      start(Options.parse(args));
    } catch (IllegalArgumentException | RedisUnavailableException | UncheckedIOException e) {
      System.err.println("The chat can't start: " + e.getMessage());
      System.exit(1);
    }
  }

  private static void start(Options options) {
    // Bound first: if the port is taken, nothing else needs to start.
    ChatServer server = ChatServer.bind(options.port);
    URI given = options.redis;
    if (given != null) {
      run(server, given, () -> {});
    } else {
      EmbeddedRedis embedded = EmbeddedRedis.start();
      run(server, embedded.uri(), embedded::close);
    }
  }

  private static void run(ChatServer server, URI redis, Runnable stopRedis) {
    Runnable stop =
        () -> {
          server.close();
          stopRedis.run();
        };
    Runtime.getRuntime().addShutdownHook(new Thread(stop, "chat-shutdown"));
    server.start(redis);
    System.out.println("Chat at " + server.uri() + " (Ctrl-C ends it)");
  }

  private record Options(int port, @Nullable URI redis) {
    static Options parse(String[] args) {
      String port = System.getProperty("chat.port", "3000");
      String redis = System.getProperty("chat.redis");
      for (int i = 0; i < args.length; i += 2) {
        String value = i + 1 < args.length ? args[i + 1] : "";
        switch (args[i]) {
          case "--port" -> port = value;
          case "--redis" -> redis = value;
          default ->
              throw new IllegalArgumentException(
                  "unknown option " + args[i] + "; there are --port and --redis");
        }
      }
      return new Options(portNumber(port), redis == null ? null : URI.create(redis));
    }

    private static int portNumber(String text) {
      try {
        int port = Integer.parseInt(text);
        if (port >= 0 && port <= 65535) {
          return port;
        }
      } catch (NumberFormatException e) {
        // Said below.
      }
      throw new IllegalArgumentException("port \"" + text + "\" is not a number from 0 to 65535");
    }
  }
}
