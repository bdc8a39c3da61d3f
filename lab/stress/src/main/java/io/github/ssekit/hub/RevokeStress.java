package io.github.ssekit.hub;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.github.ssekit.event.SseEvent;
import java.util.List;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The application unsubscribes an owner from a channel while the loop writes to the owner's
 * connection: after the call has returned, the loop writes nothing.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "not written")
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "written before")
@Outcome(expect = FORBIDDEN, desc = "written after the call has returned")
@State
public class RevokeStress {
  private final ManualHub manual = new ManualHub();
  private final StressTransport transport = new StressTransport();

  public RevokeStress() {
    manual.hub.connect(transport, ConnectionOptions.of(List.of("a")).withOwner("ann"));
    manual.settle();
    manual.hub.publish("a", SseEvent.of("x"));
  }

  /** The loop. */
  @Actor
  public void turn() {
    manual.turn(0);
  }

  /** The application. */
  @Actor
  public void revoke(II_Result r) {
    int unused = manual.hub.unsubscribe("ann", "a");
    r.r1 = transport.events;
  }

  /** The rest of the loop's work. */
  @Arbiter
  public void rest(II_Result r) {
    manual.settle();
    r.r2 = transport.events;
  }
}
