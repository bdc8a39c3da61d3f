package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.CloseReason;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.HubSnapshot;
import io.github.ssekit.hub.RecordingTransport;
import io.github.ssekit.hub.Transport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Clients that resume, each from another position, and never read. */
class RedisReplayRoomIT extends RedisTest {
  private static final int EVENTS = 120;
  private static final int EVENT_BYTES = 2_000;
  private static final int STALLED = 40;

  /** About four pages. */
  private static final int LIMIT = 1 << 20;

  /** A client that takes its first bytes, and nothing more. */
  private static final class Stalled implements Transport {
    @Override
    public void start(Signals signals, byte[] first) {
      signals.writable();
    }

    @Override
    public boolean isReady() {
      return false;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      throw new AssertionError("written to while it is not ready");
    }

    @Override
    public void close() {}
  }

  private RedisBridge bridge(Hub hub) {
    return keep(RedisBridge.builder(hub, redis.uri()).history(channel -> true).connect());
  }

  private static String data(int n) {
    return n + " " + "x".repeat(EVENT_BYTES);
  }

  @Test
  void theyKeepABoundedPartOfTheNodesMemoryAndTheOthersGetEverything() throws Exception {
    startRedis();
    Hub hub =
        keep(
            Hub.builder()
                .maxReplayBytes(LIMIT)
                .stuckWriteDeadline(Duration.ofSeconds(3))
                .heartbeat(Duration.ofSeconds(1))
                .create());
    bridge(hub);
    RedisBridge publisher = bridge(keep(Hub.create()));
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
      ids.add(publisher.publish("room", SseEvent.of(data(i))).toString());
    }
    RecordingTransport live = new RecordingTransport();
    hub.connect(live, List.of("room"), null);
    await().until(() -> live.lastEventId() != null);

    Queue<CloseReason> closed = new ConcurrentLinkedQueue<>();
    for (int i = 0; i < STALLED; i++) {
      hub.connect(new Stalled(), List.of("room"), ids.get(i)).onClose(closed::add);
    }
    RecordingTransport back = new RecordingTransport();
    hub.connect(back, List.of("room"), ids.get(STALLED));
    publisher.publish("room", SseEvent.of("new"));

    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertEquals(List.of("new"), live.published()));
    List<String> missed =
        IntStream.range(STALLED + 1, EVENTS).mapToObj(RedisReplayRoomIT::data).toList();
    List<String> all = new ArrayList<>(missed);
    all.add("new");
    AtomicLong most = new AtomicLong();
    AtomicBoolean waited = new AtomicBoolean();
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(5))
        .until(
            () -> {
              HubSnapshot now = hub.snapshot(1);
              most.accumulateAndGet(now.replayBytes(), Math::max);
              waited.compareAndSet(false, now.replaysWaiting() > 0);
              return back.events().size() >= all.size();
            });
    assertEquals(all, back.published());
    assertEquals(List.of(), back.resets());
    assertTrue(most.get() > LIMIT / 2 && most.get() <= LIMIT, most + " bytes");
    assertTrue(waited.get(), "those that there was no room for were connected");
    await().atMost(Duration.ofSeconds(20)).until(() -> closed.size() == STALLED);
    assertTrue(closed.stream().allMatch(reason -> reason == CloseReason.STUCK), "" + closed);
    await().until(() -> hub.snapshot(1).replayBytes() == 0);
  }
}
