package io.github.ssekit.servlet;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends the last chunk of each quiet response: a list of open chunks, and a thread that ends a chunk
 * when nothing has followed it for a round, 15 to 30 ms after the last write.
 *
 * <p>Jetty sends the line end behind a chunk (RFC 9112, 7.1) with the next chunk, and some clients
 * consider a chunk incomplete until then. A tiny chunk after each write would cost as much as the
 * event itself. A tiny chunk after a pause costs next to nothing where events are frequent, since
 * each event ends the chunk before it.
 *
 * <p>The thread runs only while the list has entries, and for five seconds more: it must not
 * outlive the application in its container.
 */
final class ChunkEnds {
  /** The last chunk of one response. */
  interface OpenChunk {
    /**
     * Ends the chunk, unless a write has followed since the last call. Returns whether it was
     * ended. Called on the thread of {@link ChunkEnds}.
     */
    boolean endIfQuiet();
  }

  private static final long ROUND_NANOS = 15_000_000;

  /** The thread ends after this many rounds with an empty list. */
  private static final int IDLE_ROUNDS = 333;

  private static final Queue<OpenChunk> OPEN = new ConcurrentLinkedQueue<>();
  private static final AtomicBoolean RUNNING = new AtomicBoolean();

  private ChunkEnds() {}

  /** Adds a chunk to end once its response is quiet. */
  static void add(OpenChunk chunk) {
    OPEN.add(chunk);
    if (!RUNNING.get() && RUNNING.compareAndSet(false, true)) {
      try {
        Thread thread = new Thread(ChunkEnds::run, "sse-chunk-ends");
        thread.setDaemon(true);
        thread.start();
      } catch (Throwable e) {
        // There is no memory for a thread: the next chunk tries again.
        RUNNING.set(false);
      }
    }
  }

  private static void run() {
    int idle = 0;
    while (idle < IDLE_ROUNDS || !stop()) {
      LockSupport.parkNanos(ROUND_NANOS);
      // An interrupted thread doesn't park, and an interrupt has no meaning here.
      Thread.interrupted();
      idle = OPEN.isEmpty() ? idle + 1 : 0;
      try {
        round();
      } catch (Throwable e) {
        // No memory, for instance. The thread must not end while it counts as running.
        idle = 0;
      }
    }
  }

  /** Whether the thread may end: a chunk that is added later then starts another thread. */
  private static boolean stop() {
    RUNNING.set(false);
    return OPEN.isEmpty() || !RUNNING.compareAndSet(false, true);
  }

  /** Ends the chunks of responses that were quiet since the last round; the others stay. */
  private static void round() {
    for (int left = OPEN.size(); left > 0; left--) {
      OpenChunk chunk = OPEN.remove();
      if (!chunk.endIfQuiet()) {
        OPEN.add(chunk);
      }
    }
  }
}
