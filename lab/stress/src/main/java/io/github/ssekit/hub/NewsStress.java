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
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * The application publishes an event while the loop takes in the subscription of the channel's
 * first reader. The reader gets the event once: by its first look at the log, or because the
 * publish signals the loop.
 */
@JCStressTest
@Outcome(id = "1", expect = ACCEPTABLE, desc = "written, once")
@Outcome(expect = FORBIDDEN, desc = "lost, or written twice")
@State
public class NewsStress {
  private final ManualHub manual = new ManualHub();
  private final StressTransport transport = new StressTransport();
  private final Connection connection = manual.hub.connect(transport, List.of(), null);

  public NewsStress() {
    manual.settle();
    connection.subscribe("a");
  }

  /** The application. */
  @Actor
  public void publish() {
    manual.hub.publish("a", SseEvent.of("x"));
  }

  /** The loop, which first learns of the subscription here. */
  @Actor
  public void turn() {
    manual.turn(0);
  }

  /** The rest of the loop's work. */
  @Arbiter
  public void rest(I_Result r) {
    manual.settle();
    r.r1 = transport.events;
  }
}
