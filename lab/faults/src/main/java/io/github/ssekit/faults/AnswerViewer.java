package io.github.ssekit.faults;

import io.github.ssekit.event.EventStreamHandler;
import io.github.ssekit.event.EventStreamParser;
import io.github.ssekit.event.ReconnectionTime;
import io.github.ssekit.event.SseEvent;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Follows an answer as a browser's {@code EventSource} does: connects again, to any of the nodes,
 * when a connection ends, and stops at status 204.
 */
final class AnswerViewer {
  /** A received event. */
  record Seen(long at, @Nullable String type, String data, String id) {}

  /**
   * All observations of a viewer.
   *
   * @param cameAt when the viewer came, in milliseconds of the run
   * @param stoppedAt when a node told the viewer to stop, or -1
   * @param wrong statuses that no viewer should ever see, in words
   */
  record View(String name, long cameAt, List<Seen> seen, long stoppedAt, List<String> wrong) {}

  private final String name;
  private final String answer;
  private final RunClock clock;
  private final Random random;
  private final long cameAt;

  /** Guards itself and the next field. */
  private final List<Seen> seen = new ArrayList<>();

  private final List<String> wrong = new ArrayList<>();
  private volatile long stoppedAt = -1;
  private long reconnectionMillis = 200;
  private String lastEventId = "";

  private AnswerViewer(String name, String answer, RunClock clock, Random random) {
    this.name = name;
    this.answer = answer;
    this.clock = clock;
    this.random = random;
    cameAt = clock.now();
  }

  /** Starts a viewer, at first on the given port. */
  static AnswerViewer come(
      String name, String answer, int first, List<Integer> ports, RunClock clock, Random random) {
    AnswerViewer viewer = new AnswerViewer(name, answer, clock, random);
    Thread unused = Threads.daemon(name, () -> viewer.run(first, ports));
    return viewer;
  }

  private void run(int first, List<Integer> ports) {
    int port = first;
    do {
      try {
        if (connect(port)) {
          stoppedAt = clock.now();
          return;
        }
      } catch (IOException e) {
        // Connects again, as a browser does.
      } catch (InterruptedException e) {
        return;
      }
      port = ports.get(random.nextInt(ports.size()));
    } while (Threads.pause(reconnectionMillis));
  }

  /** Returns whether the node tells the viewer to stop. */
  private boolean connect(int port) throws IOException, InterruptedException {
    HttpResponse<InputStream> response = Http.follow(port, answer, lastEventId);
    try (InputStream in = response.body()) {
      if (response.statusCode() == 200) {
        read(in);
      } else if (response.statusCode() != 204) {
        synchronized (seen) {
          wrong.add("status " + response.statusCode() + ", at which an EventSource gives up");
        }
      }
    }
    return response.statusCode() == 204;
  }

  private void read(InputStream in) throws IOException {
    EventStreamParser parser =
        new EventStreamParser(
            new EventStreamHandler() {
              @Override
              public void onEvent(SseEvent event, String id) {
                synchronized (seen) {
                  seen.add(new Seen(clock.now(), event.type(), String.valueOf(event.data()), id));
                }
              }

              @Override
              public void onReconnectionTime(ReconnectionTime time) {
                reconnectionMillis = time.time().toMillis();
              }
            });
    byte[] bytes = new byte[8 << 10];
    for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
      parser.feed(bytes, 0, count);
      if (!parser.lastEventId().isEmpty()) {
        lastEventId = parser.lastEventId();
      }
    }
  }

  boolean hasStopped() {
    return stoppedAt >= 0;
  }

  View view() {
    synchronized (seen) {
      return new View(name, cameAt, List.copyOf(seen), stoppedAt, List.copyOf(wrong));
    }
  }
}
