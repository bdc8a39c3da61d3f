package io.github.ssekit.spring;

import io.github.ssekit.hub.Hub;
import java.time.Duration;
import org.springframework.context.SmartLifecycle;

/**
 * Drains the hub when the application stops: before the web server's graceful shutdown, which would
 * wait 30 s for streams that don't end by themselves.
 */
final class HubDrain implements SmartLifecycle {
  private final Hub hub;
  private final Duration time;
  private volatile boolean running;

  HubDrain(Hub hub, Duration time) {
    this.hub = hub;
    this.time = time;
  }

  @Override
  public void start() {
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

  /** Higher phases stop first. The web server's graceful shutdown has this less 1024. */
  @Override
  public int getPhase() {
    return SmartLifecycle.DEFAULT_PHASE - 512;
  }
}
