package io.github.ssekit.servlet;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.EventStreamReader;
import io.github.ssekit.event.ReconnectionTime;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Two nodes behind a plain TCP balancer, which knows nothing of drains, restart one after the
 * other: their clients are away for a moment.
 */
class RollingRestartIT {
  private static final int CLIENTS = 24;
  private static final Duration RECONNECTION_TIME = Duration.ofMillis(400);
  private static final Duration DRAIN = Duration.ofSeconds(1);

  /** Up to three refusals by the node that drains take three seconds; the machine may be busy. */
  private static final Duration LONGEST_AWAY = Duration.ofSeconds(10);

  private final List<Node> nodes = new CopyOnWriteArrayList<>();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ExecutorService readers = Executors.newCachedThreadPool();
  private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
  private TcpBalancer balancer;

  /** A hub and its container. */
  private final class Node {
    final Hub hub = Hub.builder().loops(1).reconnectionTime(RECONNECTION_TIME).create();
    final Server server;

    private final int port;

    Node() throws Exception {
      Server.Served events =
          new Server.Served("/events", EventStreamServlet.of(hub, r -> List.of("news")), true);
      server = Server.start(Protocol.HTTP_1, new Server.Site(List.of(events), List.of(), false));
      port = server.port();
      balancer.add(port);
    }

    /** Stops the node as in docs/deployment.md: the container last. */
    void stop() throws Exception {
      hub.drain(DRAIN);
      hub.close();
      balancer.remove(port);
      server.close();
    }
  }

  /**
   * A client that behaves like a browser's EventSource: it reconnects after the reconnection time,
   * over a kept connection if there is one, and gives up for good on a status other than 200.
   */
  private final class Client {
    private final HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + balancer.port() + "/events"))
            .header("Accept", "text/event-stream")
            .build();
    private Duration reconnectionTime = RECONNECTION_TIME;

    // The state that the test reads.
    final AtomicInteger events = new AtomicInteger();
    volatile int status = 200;
    volatile Duration longestAway = Duration.ZERO;

    /** The nanosecond time at which the client was last live, if it is away. */
    private long awaySince = System.nanoTime();

    private boolean away = true;

    void connect() {
      try {
        HttpResponse<InputStream> response =
            http.send(request, HttpResponse.BodyHandlers.ofInputStream());
        status = response.statusCode();
        if (status == 200) {
          read(new EventStreamReader(response.body()));
        }
      } catch (IOException e) {
        // The node has gone: an EventSource treats that as the end of its stream.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      leave();
      if (status == 200 && !timer.isShutdown()) {
        Future<?> unused =
            timer.schedule(
                () -> readers.execute(this::connect),
                reconnectionTime.toMillis(),
                TimeUnit.MILLISECONDS);
      }
    }

    private void read(EventStreamReader in) throws IOException {
      try (in) {
        while (in.next() != null) {
          seen();
        }
      } finally {
        ReconnectionTime told = in.reconnectionTime();
        reconnectionTime = told == null ? reconnectionTime : told.time();
      }
    }

    private void leave() {
      if (!away) {
        away = true;
        awaySince = System.nanoTime();
      }
    }

    private void seen() {
      if (away && events.get() > 0) {
        Duration time = Duration.ofNanos(System.nanoTime() - awaySince);
        longestAway = time.compareTo(longestAway) > 0 ? time : longestAway;
      }
      away = false;
      events.incrementAndGet();
    }
  }

  @BeforeEach
  void start() throws Exception {
    balancer = new TcpBalancer();
    nodes.add(new Node());
    nodes.add(new Node());
    Future<?> unused = timer.scheduleAtFixedRate(this::publish, 0, 50, TimeUnit.MILLISECONDS);
  }

  private void publish() {
    for (Node node : nodes) {
      try {
        node.hub.publish("news", SseEvent.of("x"));
      } catch (IllegalStateException closed) {
        // The test replaces this node in a moment.
      }
    }
  }

  @AfterEach
  void stop() throws Exception {
    timer.shutdownNow();
    for (Node node : nodes) {
      node.hub.close();
      node.server.close();
    }
    balancer.close();
    readers.shutdownNow();
  }

  @Test
  void everyClientIsLiveAgainWithinSeconds() throws Exception {
    List<Client> clients = Stream.generate(Client::new).limit(CLIENTS).toList();
    clients.forEach(client -> readers.execute(client::connect));
    awaitAllLive(clients);
    for (int i = 0; i < nodes.size(); i++) {
      nodes.get(i).stop();
      nodes.set(i, new Node());
      awaitAllLive(clients);
    }
    for (Client client : clients) {
      assertTrue(client.longestAway.compareTo(LONGEST_AWAY) <= 0, () -> "" + client.longestAway);
    }
    // Each client was on one of the nodes at least.
    assertTrue(clients.stream().allMatch(client -> !client.longestAway.isZero()));
  }

  private static void awaitAllLive(List<Client> clients) {
    List<Integer> before = clients.stream().map(client -> client.events.get()).toList();
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> {
              for (int i = 0; i < CLIENTS; i++) {
                Client client = clients.get(i);
                assertEquals(200, client.status, "an EventSource gives up on any other");
                assertTrue(client.events.get() >= before.get(i) + 3, "still away: " + i);
              }
            });
  }
}
