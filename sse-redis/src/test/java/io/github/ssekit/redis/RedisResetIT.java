package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** A network that resets connections to Redis. */
class RedisResetIT extends RedisTest {
  @Test
  void aPublishOverAConnectionThatWasResetIsSentOnceMore() throws Exception {
    startRedis();
    Relay relay = keep(new Relay(redis.port()));
    Hub hub = keep(Hub.create());
    URI uri = URI.create("redis://127.0.0.1:" + relay.port());
    RedisBridge bridge =
        keep(RedisBridge.builder(hub, uri).history(c -> c.startsWith("room:")).connect());
    List<String> failed = new ArrayList<>();
    for (String channel : List.of("news", "room:1")) {
      for (int i = 0; i < 20; i++) {
        soon().untilAsserted(() -> bridge.publish(channel, SseEvent.of("x")));
        relay.resetAll();
        try {
          bridge.publish(channel, SseEvent.of("over a reset connection"));
        } catch (RuntimeException e) {
          failed.add(channel + ": " + e);
        }
      }
    }
    assertEquals(List.of(), failed);
  }

  /** A relay of TCP connections that can reset them all. */
  private static final class Relay implements AutoCloseable {
    private final int target;
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();
    private final Queue<Thread> copies = new ConcurrentLinkedQueue<>();

    Relay(int target) throws IOException {
      this.target = target;
      start(this::accept);
    }

    int port() {
      return server.getLocalPort();
    }

    private static Thread start(Runnable task) {
      Thread thread = new Thread(task, "relay");
      thread.setDaemon(true);
      thread.start();
      return thread;
    }

    private void accept() {
      while (!server.isClosed()) {
        try {
          Socket client = server.accept();
          Socket redis = new Socket(InetAddress.getLoopbackAddress(), target);
          sockets.addAll(List.of(client, redis));
          copies.add(start(() -> copy(client, redis)));
          copies.add(start(() -> copy(redis, client)));
        } catch (IOException e) {
          // The relay is closed.
        }
      }
    }

    private static void copy(Socket from, Socket to) {
      try (from;
          to) {
        from.getInputStream().transferTo(to.getOutputStream());
      } catch (IOException e) {
        // The connection was reset.
      }
    }

    void resetAll() throws IOException, InterruptedException {
      resetSockets();
      // A reset goes out once no thread is in a read of the socket any more.
      for (Thread copy = copies.poll(); copy != null; copy = copies.poll()) {
        copy.join();
      }
    }

    private void resetSockets() throws IOException {
      for (Socket socket = sockets.poll(); socket != null; socket = sockets.poll()) {
        if (!socket.isClosed()) {
          socket.setSoLinger(true, 0);
        }
        socket.close();
      }
    }

    @Override
    public void close() throws IOException {
      server.close();
      resetSockets();
    }
  }
}
