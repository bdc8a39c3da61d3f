package io.github.ssekit.spring;

import static java.lang.System.Logger.Level.WARNING;

import io.github.ssekit.hub.Hub;
import java.time.Duration;
import org.springframework.context.SmartLifecycle;

/**
 * Drains the hub when the application stops: before the web server's graceful shutdown, which would
 * wait 30 s for streams that don't end by themselves. A drained hub never takes streams again.
 */
final class HubDrain implements SmartLifecycle {
  private static final System.Logger LOG = System.getLogger(HubDrain.class.getName());

  private final Hub hub;
  private final Duration time;
  private volatile boolean running;

  HubDrain(Hub hub, Duration time) {
    this.hub = hub;
    this.time = time;
  }

  @Override
  public void start() {
    if (hub.isDraining()) {
      LOG.log(
          WARNING,
          "The application context was stopped and is started again; its hub was drained then, and refuses all streams: make a new context");
    }
    running = true;
  }

  @Override
  public void stop() {
    hub.drain(time);
    running = false;
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /**
   * Spring 7 pauses the context of a test while another test has its own, and restarts it. A
   * drained hub can't be restarted, so Spring must not pause it. (Overrides a method of Spring 7,
   * which Spring 6 doesn't have.)
   */
  public boolean isPauseable() {
    return false;
  }

  /**
   * Higher phases stop first. The web server's graceful shutdown has {@code DEFAULT_PHASE - 1024}.
   */
  @Override
  public int getPhase() {
    return SmartLifecycle.DEFAULT_PHASE - 512;
  }
}
