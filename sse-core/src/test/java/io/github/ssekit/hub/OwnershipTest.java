package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Calls from a thread that doesn't own the object, each of which an assertion stops. */
class OwnershipTest {
  private final ReentrantLock lock = new ReentrantLock();
  private final DeliveryLoop loop =
      new DeliveryLoop(0, () -> 0, Hub.builder().settings(), null, () -> 0);
  private final Thread thread = new Thread(loop, "loop");

  @BeforeEach
  void startLoop() throws InterruptedException {
    CountDownLatch started = new CountDownLatch(1);
    loop.execute(started::countDown);
    thread.start();
    started.await();
  }

  @AfterEach
  void stopLoop() throws InterruptedException {
    loop.stop();
    thread.join();
  }

  @Test
  void withoutTheHubsLock() {
    ChannelLog log = new ChannelLog(10, 1_000, lock::isHeldByCurrentThread);
    ReplayRoom room = new ReplayRoom(1_000, lock);
    ReplayRoom.Place place = new ReplayRoom.Place(() -> {});
    Owners owners = new Owners(lock);
    refused(
        () -> log.append(1, new byte[1], null),
        log::tail,
        () -> log.startAt(null),
        () -> room.enqueue(place),
        room::admit,
        () -> room.leave(place),
        () -> owners.of("o"));
  }

  @Test
  void offTheLoop() {
    Outgoing outgoing = new Outgoing(loop, 0);
    Batches batches = new Batches(1_000, loop::isCurrent);
    refused(
        () -> outgoing.send(new byte[1]),
        () -> outgoing.poll(batches),
        () -> outgoing.written(1, 0),
        () -> batches.begin(0, 0, 0),
        batches::end);
  }

  private static void refused(Executable... calls) {
    Stream.of(calls).forEach(call -> assertThrows(AssertionError.class, call));
  }
}
