package io.github.ssekit.chat;

import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.HubObserver;
import io.github.ssekit.hub.StreamReset;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** The metrics of a hub that {@link StatusServlet} shows: its resets so far and its present lag. */
final class HubMetrics implements HubObserver {
  private final LongAdder resets = new LongAdder();
  private volatile int lag;

  @Override
  public void reset(@Nullable Connection connection, StreamReset reset) {
    resets.increment();
  }

  @Override
  public void written(Written totals) {
    lag = totals.lag();
  }

  long resets() {
    return resets.sum();
  }

  int lag() {
    return lag;
  }
}
