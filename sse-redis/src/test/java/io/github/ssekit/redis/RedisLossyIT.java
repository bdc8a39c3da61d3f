package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.RecordingTransport;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Pub/sub that drops messages while the connection stands. */
class RedisLossyIT extends RedisTest {
  @Test
  void aGapIsToldEvenIfItsNoticeIsDroppedToo() throws Exception {
    startRedis();
    LossyRelay relay = keep(new LossyRelay(redis.port()));
    RedisBridge lossy = bridge(URI.create("redis://127.0.0.1:" + relay.port()), receiver);
    RecordingTransport elsewhere = new RecordingTransport();
    RedisBridge whole = bridge(redis.uri(), elsewhere);
    Position heard = whole.publish("a", SseEvent.of("heard"));
    soon().until(() -> receiver.published().contains("heard"));
    relay.dropNext("1 ", "gap ");
    Position lost = whole.publish("a", SseEvent.of("lost"));
    soon().until(() -> elsewhere.published().contains("lost"));
    soon().until(() -> !receiver.resets().isEmpty());
    assertTrue(relay.hasDroppedAll());
    lossy.publish("a", SseEvent.of("after"));
    soon().until(() -> receiver.published().contains("after"));
    assertEquals(List.of("heard", "after"), receiver.published());
    assertEquals(1, receiver.resets().size(), receiver.resets().toString());
    String reset = receiver.resets().get(0);
    String start = "{\"channel\":\"a\",\"reason\":\"lost\",\"from\":\"" + heard + "\",\"to\":\"";
    assertTrue(reset.startsWith(start), reset);
    Position to = Position.parse(reset.substring(start.length()).replace("\"}", ""));
    assertTrue(to.isAfter(lost), reset + " " + lost);
    // Clients of the first node may have moved to this node: the range of its reset is the same.
    soon().until(() -> !elsewhere.resets().isEmpty());
    assertTrue(elsewhere.resets().get(0).startsWith(start), elsewhere.resets().toString());
  }

  private RedisBridge bridge(URI uri, RecordingTransport client) {
    Hub hub = keep(Hub.create());
    RedisBridge bridge =
        keep(
            RedisBridge.builder(hub, uri)
                .history(channel -> true)
                .silence(Duration.ofSeconds(6))
                .connect());
    hub.connect(client, List.of("a"), null);
    soon().until(() -> client.lastEventId() != null);
    return bridge;
  }

  /** A TCP relay that drops some pub/sub messages, whole. */
  private static final class LossyRelay implements AutoCloseable {
    private static final String MESSAGE =
        "[*>]3\r\n\\$7\r\nmessage\r\n\\$\\d+\r\n[^\r]*\r\n\\$\\d+\r\n";

    private final int target;
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();

    /** The beginnings of the messages to drop, in this order. */
    private final Queue<String> doomed = new ConcurrentLinkedQueue<>();

    LossyRelay(int target) throws IOException {
      this.target = target;
      start(this::accept);
    }

    int port() {
      return server.getLocalPort();
    }

    void dropNext(String... beginnings) {
      doomed.addAll(List.of(beginnings));
    }

    boolean hasDroppedAll() {
      return doomed.isEmpty();
    }

    private static void start(Runnable task) {
      Thread thread = new Thread(task, "lossy-relay");
      thread.setDaemon(true);
      thread.start();
    }

    private void accept() {
      while (!server.isClosed()) {
        try {
          Socket client = server.accept();
          Socket redis = new Socket(InetAddress.getLoopbackAddress(), target);
          sockets.addAll(List.of(client, redis));
          start(() -> copy(client, redis));
          start(() -> copy(redis, client));
        } catch (IOException e) {
          // The relay is closed.
        }
      }
    }

    private void copy(Socket from, Socket to) {
      byte[] buffer = new byte[1 << 16];
      try (from;
          to) {
        InputStream in = from.getInputStream();
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          to.getOutputStream().write(keep(new String(buffer, 0, n, ISO_8859_1)));
        }
      } catch (IOException e) {
        // One side has closed the connection.
      }
    }

    /**
     * Removes the messages to drop from bytes that Redis has sent at once, and so as whole
     * messages.
     */
    private synchronized byte[] keep(String sent) {
      String kept = sent;
      for (String next = doomed.peek(); next != null; next = doomed.peek()) {
        String shorter = kept.replaceFirst(MESSAGE + Pattern.quote(next) + "[^\r]*\r\n", "");
        if (shorter.equals(kept)) {
          break;
        }
        kept = shorter;
        doomed.remove();
      }
      return kept.getBytes(ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
      server.close();
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }
}
