package io.github.ssekit.hub;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/** All delivery loops of a hub. Any thread. */
final class DeliveryLoops {
  private final DeliveryLoop[] all;
  private final AtomicInteger next = new AtomicInteger();

  DeliveryLoops(int count, IntFunction<DeliveryLoop> loop) {
    this.all = new DeliveryLoop[count];
    Arrays.setAll(all, loop);
  }

  /** The loops themselves. */
  DeliveryLoop[] all() {
    return all;
  }

  /** The loop for the next connection: each in turn. */
  DeliveryLoop next() {
    return all[Math.floorMod(next.getAndIncrement(), all.length)];
  }

  /** The first loop, for a connection that is never opened. */
  DeliveryLoop first() {
    return all[0];
  }

  /** Gives each loop a task. */
  void execute(Consumer<? super DeliveryLoop> task) {
    for (DeliveryLoop loop : all) {
      loop.execute(() -> task.accept(loop));
    }
  }

  void wake() {
    for (DeliveryLoop loop : all) {
      loop.wake();
    }
  }

  /** Closes each connection once everything that waits for its client is written. */
  void closeAll(CloseReason reason) {
    execute(loop -> loop.closeAll(reason));
  }

  /** Ends all connections immediately. */
  void finishAll(CloseReason reason) {
    execute(loop -> loop.finishAll(reason));
  }

  /**
   * Collects the open connections, including closing ones, and gives them to the task, on one of
   * the loops.
   */
  void collect(Consumer<List<Connection>> task) {
    List<Connection> collected = Collections.synchronizedList(new ArrayList<>());
    AtomicInteger left = new AtomicInteger(all.length);
    execute(
        loop -> {
          try {
            List<Connection> own = new ArrayList<>(loop.connections().size());
            loop.connections().forEach(c -> own.add((Connection) c));
            collected.addAll(own);
          } finally {
            // Even after an exception: the caller waits for the task.
            if (left.decrementAndGet() == 0) {
              task.accept(collected);
            }
          }
        });
  }
}
