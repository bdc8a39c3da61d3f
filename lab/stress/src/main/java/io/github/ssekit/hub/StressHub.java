package io.github.ssekit.hub;

import java.time.Duration;
import java.util.concurrent.Executor;

/** A hub of one loop, whose turns are taken by the test's actors. */
final class StressHub {
  final Hub hub;
  DeliveryLoop loop;

  StressHub() {
    HubThreads none =
        new HubThreads() {
          @Override
          Executor closer() {
            return Runnable::run;
          }

          @Override
          Executor callbacks() {
            return Runnable::run;
          }

          @Override
          void start(DeliveryLoop[] loops, Runnable tick, Duration tickInterval) {
            loop = loops[0];
          }
        };
    hub = new Hub(Hub.builder().loops(1), none, System::nanoTime);
    hub.start();
  }

  /** Turns until nothing is left to do. */
  void turns() {
    while (loop.turn()) {
      // Again.
    }
  }
}
