package io.github.ssekit.faults;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Another application on the same Redis server, in a database of its own, with the same scope and
 * the same channels. It must get all of its events, and no others. The oracle of the other clients
 * notices whether they get any of these events.
 */
final class Neighbour {
  private static final int EVENTS = 20;
  private static final long PATIENCE_MILLIS = 10_000;

  private final NodeProcess node;
  private final JavaClient client;

  Neighbour(Path folder, int redisPort, RunClock clock) {
    URI redis = URI.create("redis://127.0.0.1:" + redisPort + "/1");
    node = new NodeProcess(9, folder, redis, EVENTS);
    node.awaitServing();
    client =
        new JavaClient("neighbour", Set.copyOf(Stage.CHANNELS), List.of(node.port()), 9, clock);
  }

  /** Runs for a while. Returns the violation in words, or an empty string. */
  String live() {
    client.start();
    try {
      boolean placed = Threads.await(PATIENCE_MILLIS, () -> count(Sighting.Announced.class) > 0);
      Set<Long> sent = new TreeSet<>();
      for (int i = 0; i < EVENTS; i++) {
        for (String channel : Stage.CHANNELS) {
          long number = sent.size() + 1L;
          Http.publish(
              node.port(),
              channel,
              node.port() + "-" + number,
              Published.data(channel, number, 10));
          sent.add(number);
        }
      }
      boolean came = placed && Threads.await(PATIENCE_MILLIS, () -> numbers().equals(sent));
      long resets = count(Sighting.Told.class);
      return came && resets == 0
          ? ""
          : "a neighbour in another database got %d of %d events, and %d resets"
              .formatted(numbers().size(), sent.size(), resets);
    } catch (IOException e) {
      return "a neighbour in another database could not publish: " + e.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    } finally {
      client.close();
      node.kill();
    }
  }

  private long count(Class<? extends Sighting> kind) {
    return client.trace().sightings().stream().filter(kind::isInstance).count();
  }

  private Set<Long> numbers() {
    Set<Long> numbers = new TreeSet<>();
    for (Sighting each : client.trace().sightings()) {
      if (each instanceof Sighting.Received received) {
        numbers.add(received.number());
      }
    }
    return numbers;
  }
}
