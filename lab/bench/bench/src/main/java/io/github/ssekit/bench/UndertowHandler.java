package io.github.ssekit.bench;

import io.undertow.Undertow;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.sse.ServerSentEventConnection;
import io.undertow.server.handlers.sse.ServerSentEventHandler;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToIntFunction;

/** Undertow's own {@link ServerSentEventHandler}: a send for each client of a channel. */
final class UndertowHandler implements ToIntFunction<String> {
  private final Map<Integer, Set<ServerSentEventConnection>> channels = new ConcurrentHashMap<>();

  @Override
  public int applyAsInt(String redis) {
    Undertow undertow =
        Undertow.builder()
            .addHttpListener(0, "127.0.0.1")
            .setHandler(
                exchange ->
                    new ServerSentEventHandler((connection, id) -> joined(exchange, connection))
                        .handleRequest(exchange))
            .build();
    undertow.start();
    RedisListener.start(redis, this::publish);
    return ((InetSocketAddress) undertow.getListenerInfo().get(0).getAddress()).getPort();
  }

  private void joined(HttpServerExchange exchange, ServerSentEventConnection connection) {
    int first = parameter(exchange, "first");
    int count = parameter(exchange, "count");
    for (int channel = first; channel < first + count; channel++) {
      Set<ServerSentEventConnection> clients =
          channels.computeIfAbsent(channel, c -> ConcurrentHashMap.newKeySet());
      clients.add(connection);
      connection.addCloseTask(clients::remove);
    }
  }

  private static int parameter(HttpServerExchange exchange, String name) {
    return Integer.parseInt(
        Objects.requireNonNull(exchange.getQueryParameters().get(name)).getFirst());
  }

  private void publish(int channel, byte[] data) {
    String text = new String(data, StandardCharsets.UTF_8);
    for (ServerSentEventConnection client : channels.getOrDefault(channel, Set.of())) {
      client.send(text);
    }
  }
}
