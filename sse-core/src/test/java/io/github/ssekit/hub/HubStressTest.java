package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The hub with real threads: some publish, while clients connect, stall, continue and leave. */
class HubStressTest {
  private static final int CHANNELS = 4;
  private static final long PUBLISH_NANOS = 500_000_000L;
  private static final int SUBSCRIBES = 30_000;
  private static final long PAUSE_NANOS = 200_000;

  private final Hub hub = Hub.builder().loops(2).maxChannelLog(64, 1 << 20).create();
  private final int[] published = new int[CHANNELS];

  @Test
  void everyClientSeesEachChannelWithoutSilentGapAndAllSeeTheSameOrder() throws Exception {
    List<String> channels = List.of("0", "1", "2", "3");
    List<RecordingTransport> clients = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      clients.add(new RecordingTransport());
      hub.connect(clients.get(i), channels, null);
    }
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      long end = System.nanoTime() + PUBLISH_NANOS;
      List<Future<?>> futures = new ArrayList<>();
      for (int i = 0; i < CHANNELS; i++) {
        int channel = i;
        futures.add(threads.submit(() -> publish(channel, end)));
      }
      futures.add(threads.submit(() -> toggle(clients.subList(0, 3), end)));
      futures.add(threads.submit(() -> comeAndGo(channels, end)));
      for (Future<?> f : futures) {
        f.get(30, TimeUnit.SECONDS);
      }
      // Clients that have fallen behind catch up first; then all of them must get the last round.
      clients.forEach(client -> client.ready(true));
      awaitLast(clients, this::publishRound);
      publishRound();
      awaitLast(clients, () -> {});
    } finally {
      threads.shutdownNow();
      hub.close();
    }
    // A thread lives a moment longer than its work.
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> HubCloseTest.hubThreads().isEmpty());
    int received = 0;
    for (RecordingTransport client : clients) {
      assertEquals(List.of(), client.breaches());
      received += checkChannels(client.data());
    }
    assertTrue(received > 1_000, "received " + received);
    for (int i = 1; i < clients.size(); i++) {
      checkSameOrder(clients.get(0).data(), clients.get(i).data());
      checkSameOrder(clients.get(7).data(), clients.get(i).data());
    }
  }

  /** The loops take turns while thousands of channels get the reset. */
  @Test
  void aClientOfManyChannelsGetsAResetOfAllOfThemOnce() throws Exception {
    int rounds = 200;
    Hub many = Hub.builder().loops(2).create();
    try {
      many.feed.attach(new FakeHistory());
      List<String> names = new ArrayList<>();
      List<RecordingTransport> clients = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        int client = i;
        List<String> own = IntStream.range(0, 1_000).mapToObj(n -> client + "." + n).toList();
        names.addAll(own);
        clients.add(new RecordingTransport());
        many.connect(clients.get(i), own, null);
      }
      many.feed.reached(FakeHistory.at(9));
      many.feed.opened(names, FakeHistory.at(10));
      AtomicBoolean isOver = new AtomicBoolean();
      Thread waker =
          new Thread(
              () -> {
                while (!isOver.get()) {
                  clients.forEach(client -> client.ready(true));
                }
              });
      waker.start();
      for (int i = 0; i < rounds; i++) {
        StreamReset.Reason reason = StreamReset.Reason.REWOUND;
        many.feed.rewound(reason, FakeHistory.at(10 + i), FakeHistory.at(11 + i));
      }
      for (RecordingTransport client : clients) {
        many.feed.deliverAt(names.get(0), SseEvent.of("last"), FakeHistory.at(1_000));
        Awaitility.await()
            .atMost(Duration.ofSeconds(30))
            .until(() -> client.resets().size() >= rounds);
      }
      isOver.set(true);
      waker.join();
      many.drain(Duration.ofMillis(200));
      for (RecordingTransport client : clients) {
        assertEquals(rounds, client.resets().size());
      }
    } finally {
      many.close();
      hub.close();
    }
  }

  /**
   * The loop learns of the subscription while the event is appended: neither may miss the other.
   */
  @Test
  void anEventPublishedRightBehindASubscribeArrivesWithoutAnother() {
    try {
      RecordingTransport client = new RecordingTransport();
      Connection connection = hub.connect(client, List.of(), null);
      long enough = System.nanoTime() + 20_000_000_000L;
      for (int i = 0; i < SUBSCRIBES && System.nanoTime() - enough < 0; i++) {
        String channel = "n" + i % 50;
        String data = Integer.toString(i);
        connection.subscribe(channel);
        hub.publish(channel, SseEvent.of(data));
        long end = System.nanoTime() + 30_000_000_000L;
        while (!client.data().contains(data)) {
          assertTrue(System.nanoTime() - end < 0, "event " + i + " is lost");
          Thread.onSpinWait();
        }
        client.forget();
        connection.unsubscribe(channel);
      }
    } finally {
      hub.close();
    }
  }

  private void publishRound() {
    for (int i = 0; i < CHANNELS; i++) {
      hub.publish("" + i, SseEvent.of(i + ":" + published[i]++));
    }
  }

  private void awaitLast(List<RecordingTransport> clients, Runnable meanwhile) {
    for (RecordingTransport client : clients) {
      Set<String> last = new HashSet<>();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> {
                boolean done = !last.isEmpty() && client.data().containsAll(last);
                if (!done) {
                  meanwhile.run();
                  last.clear();
                  for (int i = 0; i < CHANNELS; i++) {
                    last.add(i + ":" + (published[i] - 1));
                  }
                }
                return done;
              });
    }
  }

  private void publish(int channel, long end) {
    for (int i = 0; i < 40 || System.nanoTime() - end < 0; i++) {
      for (int burst = 0; burst < 5; burst++) {
        hub.publish("" + channel, SseEvent.of(channel + ":" + published[channel]++));
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private static void toggle(List<RecordingTransport> clients, long end) {
    Random random = new Random(1);
    while (System.nanoTime() - end < 0) {
      clients.get(random.nextInt(clients.size())).ready(random.nextBoolean());
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private void comeAndGo(List<String> channels, long end) {
    Random random = new Random(2);
    while (System.nanoTime() - end < 0) {
      RecordingTransport client = new RecordingTransport();
      Connection connection =
          hub.connect(client, channels.subList(0, random.nextInt(CHANNELS)), null);
      connection.subscribe("3");
      LockSupport.parkNanos(PAUSE_NANOS);
      connection.unsubscribe("0");
      if (random.nextBoolean()) {
        connection.close();
      } else {
        client.signals().failed(new IOException("gone"));
      }
    }
  }

  /**
   * Checks that each channel's numbers rise by one, or by more after a reset. Returns their count.
   */
  private static int checkChannels(List<String> data) {
    Map<String, Integer> last = new HashMap<>();
    Set<String> reset = new HashSet<>();
    int events = 0;
    for (String d : data) {
      if (d.startsWith("{")) {
        reset.add(d.substring(12, 13));
        continue;
      }
      events++;
      String channel = d.substring(0, 1);
      int number = Integer.parseInt(d.substring(2));
      int expected = last.getOrDefault(channel, -1) + 1;
      boolean told = reset.remove(channel);
      assertTrue(
          number == expected || (told && number > expected),
          d + " where " + channel + ":" + expected + " is due");
      last.put(channel, number);
    }
    return events;
  }

  private static void checkSameOrder(List<String> one, List<String> other) {
    Map<String, Integer> places = new HashMap<>();
    one.forEach(d -> places.put(d, places.size()));
    int highest = -1;
    for (String d : other) {
      Integer place = d.startsWith("{") ? null : places.get(d);
      if (place != null) {
        assertTrue(place > highest, d + " is in another order");
        highest = place;
      }
    }
  }
}
