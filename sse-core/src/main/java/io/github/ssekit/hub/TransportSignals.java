package io.github.ssekit.hub;

import static java.lang.System.Logger.Level.DEBUG;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Passes the signals of a transport to its connection, each as a task for the loop. */
final class TransportSignals implements Transport.Signals {
  private static final System.Logger LOG = System.getLogger(TransportSignals.class.getName());

  private final LoopConnection connection;

  TransportSignals(LoopConnection connection) {
    this.connection = connection;
  }

  @Override
  public void writable() {
    connection.loop.execute(connection::queue);
  }

  @Override
  public void awaitWrite() {
    CountDownLatch written = new CountDownLatch(1);
    DeliveryLoop loop = connection.loop;
    // The loop writes between the tasks of one turn and the tasks of the next.
    loop.execute(() -> loop.execute(written::countDown));
    try {
      if (!written.await(1, TimeUnit.SECONDS)) {
        LOG.log(DEBUG, "A delivery loop has not written within a second");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void failed(Throwable cause) {
    connection.loop.execute(() -> connection.fail(cause));
  }
}
