package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
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
    private final Queue<Relayed> connections = new ConcurrentLinkedQueue<>();

    Relay(int target) throws IOException {
      this.target = target;
      Relayed.start(this::accept);
    }

    int port() {
      return server.getLocalPort();
    }

    private void accept() {
      while (!server.isClosed()) {
        try {
          Socket client = server.accept();
          connections.add(
              Relayed.between(client, new Socket(InetAddress.getLoopbackAddress(), target)));
        } catch (IOException e) {
          // The relay is closed.
        }
      }
    }

    void resetAll() throws IOException, InterruptedException {
      for (Relayed next = connections.poll(); next != null; next = connections.poll()) {
        next.reset();
        next.awaitReset();
      }
    }

    @Override
    public void close() throws IOException {
      server.close();
      for (Relayed next : connections) {
        next.reset();
      }
    }
  }

  /** A connection of the relay: two sockets, and the threads that copy between them. */
  private record Relayed(List<Socket> sockets, List<Thread> copies) {
    static Relayed between(Socket client, Socket redis) {
      return new Relayed(
          List.of(client, redis),
          List.of(start(() -> copy(client, redis)), start(() -> copy(redis, client))));
    }

    static Thread start(Runnable task) {
      Thread thread = new Thread(task, "relay");
      thread.setDaemon(true);
      thread.start();
      return thread;
    }

    private static void copy(Socket from, Socket to) {
      try (from;
          to) {
        from.getInputStream().transferTo(to.getOutputStream());
      } catch (IOException e) {
        // The connection was reset.
      }
    }

    void reset() throws IOException {
      for (Socket socket : sockets) {
        try {
          socket.setSoLinger(true, 0);
        } catch (SocketException closed) {
          // The copying thread has closed the socket, since its other side has ended.
        }
        socket.close();
      }
    }

    /** Waits for the copying threads: a reset goes out once no thread reads from the socket. */
    void awaitReset() throws InterruptedException {
      for (Thread copy : copies) {
        copy.join();
      }
    }
  }
}
