package io.github.ssekit.hub;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * A connection fails, is closed by the application and gets a listener, all at the same time: the
 * connection ends once, and the listener is told once.
 */
@JCStressTest
@Outcome(id = "1, 1, 0", expect = ACCEPTABLE, desc = "told once, closed once, none left")
@Outcome(expect = FORBIDDEN, desc = "not told, told twice, closed twice, or left behind")
@State
public class CloseStress {
  private final ManualHub manual = new ManualHub();
  private final StressTransport transport = new StressTransport();
  private final Connection connection = manual.hub.connect(transport, List.of("a"), null);
  private final AtomicInteger told = new AtomicInteger();

  public CloseStress() {
    manual.settle();
  }

  /** The container, and the loop after it. */
  @Actor
  public void fail() {
    transport.signals.failed(new Exception("gone"));
    manual.turn(0);
  }

  /** The application. */
  @Actor
  public void close() {
    connection.close();
  }

  /** Another thread of the application. */
  @Actor
  public void listen() {
    connection.onClose(reason -> told.incrementAndGet());
  }

  /** The rest of the loop's work. */
  @Arbiter
  public void rest(III_Result r) {
    manual.settle();
    r.r1 = told.get();
    r.r2 = transport.closed;
    r.r3 = manual.hub.connectionCount();
  }
}
