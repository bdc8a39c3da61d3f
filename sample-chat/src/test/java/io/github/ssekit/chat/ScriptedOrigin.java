package io.github.ssekit.chat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Serves a page that holds only the keeper's script, and requests that the tests answer themselves,
 * each test at its own path.
 */
final class ScriptedOrigin implements AutoCloseable {
  private final HttpServer server =
      HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, BlockingQueue<Request>> requests = new ConcurrentHashMap<>();

  ScriptedOrigin() throws IOException {
    server.createContext("/", exchange -> of(exchange).add(new Request(exchange)));
    server.createContext("/page", exchange -> whole(exchange, "text/html", PAGE.getBytes(UTF_8)));
    server.createContext(
        "/workerless",
        exchange -> {
          exchange.getResponseHeaders().set("Content-Security-Policy", "worker-src 'none'");
          whole(exchange, "text/html", PAGE.getBytes(UTF_8));
        });
    server.createContext("/keeper.js", exchange -> whole(exchange, "text/javascript", script()));
    // An event stream of the bytes in the query.
    server.createContext(
        "/bytes",
        exchange -> {
          String bytes = URLDecoder.decode(exchange.getRequestURI().getRawQuery(), ISO_8859_1);
          whole(exchange, "text/event-stream", bytes.getBytes(ISO_8859_1));
        });
    server.setExecutor(threads);
    server.start();
  }

  private static final String PAGE =
      "<!doctype html><title>Keeper</title><script src=/keeper.js></script>";

  private static byte[] script() throws IOException {
    try (InputStream in = Chat.class.getResourceAsStream("page/event-source-keeper.js")) {
      return Objects.requireNonNull(in).readAllBytes();
    }
  }

  private static void whole(HttpExchange exchange, String type, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private BlockingQueue<Request> of(HttpExchange exchange) {
    return of(exchange.getRequestURI().getPath());
  }

  private BlockingQueue<Request> of(String path) {
    return requests.computeIfAbsent(path, any -> new LinkedBlockingQueue<>());
  }

  URI page() {
    return URI.create("http://localhost:" + server.getAddress().getPort() + "/page");
  }

  /** The same page, with a policy that forbids workers. */
  URI workerless() {
    return page().resolve("/workerless");
  }

  /** Waits for the next request to this path. */
  Request next(String path) throws InterruptedException {
    Request next = of(path).poll(20, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("no request to " + path + " within 20 s");
    }
    return next;
  }

  /** The next request to this path, if it has come. */
  Optional<Request> poll(String path) {
    return Optional.ofNullable(of(path).poll());
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdown();
  }

  /** A request that waits for its answer. */
  static final class Request {
    private final HttpExchange exchange;

    Request(HttpExchange exchange) {
      this.exchange = exchange;
    }

    /** The decoded query; empty if there is none. */
    String query() {
      String query = exchange.getRequestURI().getRawQuery();
      return query == null ? "" : URLDecoder.decode(query, UTF_8);
    }

    /** Responds with this status and these headers (name, value, name …), without a body. */
    void refuse(int status, String... headers) throws IOException {
      for (int i = 0; i < headers.length; i += 2) {
        exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
      }
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
    }

    /** Sends text on the event stream, which the first call begins. */
    Request send(String text) throws IOException {
      if (exchange.getResponseCode() < 0) {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
      }
      exchange.getResponseBody().write(text.getBytes(UTF_8));
      exchange.getResponseBody().flush();
      return this;
    }

    void end() {
      exchange.close();
    }
  }
}
