package io.github.ssekit.faults;

import io.github.ssekit.hub.Position;
import java.io.IOException;
import java.util.List;
import java.util.Random;

/**
 * Publishes numbered events to one channel, each through any of the nodes, and tries again with the
 * event's token until a node acknowledges it.
 */
final class Publisher {
  private static final long RETRY_MILLIS = 50;

  private final String channel;
  private final List<Integer> ports;
  private final Ledger ledger;
  private final RunClock clock;
  private final Random random;
  private final Thread thread;
  private volatile boolean heavy;
  private volatile boolean paused;
  private volatile boolean stopped;

  Publisher(String channel, List<Integer> ports, Ledger ledger, RunClock clock, long seed) {
    this.channel = channel;
    this.ports = ports;
    this.ledger = ledger;
    this.clock = clock;
    this.random = new Random(seed);
    this.thread = Threads.daemon("publisher", this::run);
  }

  private void run() {
    while (!stopped && Threads.pause(random.nextInt(heavy ? 20 : 100))) {
      if (!paused) {
        publish();
      }
    }
  }

  private void publish() {
    long number = ledger.begin(clock.now());
    String data = Published.data(channel, number, heavy ? 4096 : random.nextInt(100));
    do {
      try {
        int port = ports.get(random.nextInt(ports.size()));
        String id = Http.publish(port, channel, "lab-" + number, data);
        Position position = Position.parse(id);
        if (position != null) {
          ledger.acknowledge(channel, number, clock.now(), position);
          return;
        }
      } catch (IOException e) {
        // Not acknowledged: the event may or may not be stored.
        ledger.refused(clock.now());
      } catch (InterruptedException e) {
        return;
      }
    } while (Threads.pause(RETRY_MILLIS));
  }

  /** Publishes many large events rather than few small ones. */
  void setHeavy(boolean next) {
    heavy = next;
  }

  /** Pauses or resumes publishing. A paused publisher begins no new event. */
  void setPaused(boolean next) {
    paused = next;
  }

  /** Ends after the current event, or interrupts it if it takes longer than the given time. */
  void stop(long millis) {
    stopped = true;
    if (!Threads.await(millis, () -> !thread.isAlive())) {
      thread.interrupt();
    }
  }
}
