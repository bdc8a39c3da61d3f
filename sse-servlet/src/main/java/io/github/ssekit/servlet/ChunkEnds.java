package io.github.ssekit.servlet;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * The transports whose last chunk has no end yet, and the thread that calls each once nothing has
 * followed for a round, 15 to 30 ms after its last write.
 *
 * <p>Jetty sends the line end behind a chunk (RFC 9112, 7.1) with the next chunk, and some clients
 * take a chunk for incomplete until then. A tiny chunk behind each write would cost as much as the
 * event itself; one behind a pause costs next to nothing where events are frequent, since the next
 * event ends the chunk before.
 *
 * <p>The thread is there only while there is something to call, and for some seconds more: it must
 * not outlive the application in its container.
 */
final class ChunkEnds {
  private static final long ROUND_NANOS = 15_000_000;

  /** After so many rounds without a transport the thread ends. */
  private static final int IDLE_ROUNDS = 333;

  private static final Queue<JettyTransport> WAITING = new ConcurrentLinkedQueue<>();
  private static final AtomicBoolean RUNNING = new AtomicBoolean();

  private ChunkEnds() {}

  /** Has a transport called once it has been quiet. */
  static void add(JettyTransport transport) {
    WAITING.add(transport);
    if (!RUNNING.get() && RUNNING.compareAndSet(false, true)) {
      Thread thread = new Thread(ChunkEnds::run, "sse-chunk-ends");
      thread.setDaemon(true);
      thread.start();
    }
  }

  private static void run() {
    int idle = 0;
    while (idle < IDLE_ROUNDS || !stop()) {
      LockSupport.parkNanos(ROUND_NANOS);
      // No Thread.interrupt() is meant for it; park would not wait any more.
      Thread.interrupted();
      idle = WAITING.isEmpty() ? idle + 1 : 0;
      round();
    }
  }

  /** Whether the thread may end: a transport that comes later finds that it has. */
  private static boolean stop() {
    RUNNING.set(false);
    return WAITING.isEmpty() || !RUNNING.compareAndSet(false, true);
  }

  /** Calls those that have been quiet since the last round; the others stay. */
  private static void round() {
    for (int left = WAITING.size(); left > 0; left--) {
      JettyTransport transport = WAITING.remove();
      if (!transport.endChunkIfQuiet()) {
        WAITING.add(transport);
      }
    }
  }
}
