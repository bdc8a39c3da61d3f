package io.github.ssekit.faults;

import java.util.Locale;
import java.util.Random;

/** Faults while states change. Each returns when the broken part can work again. */
enum StateFault {
  /** A publishing node is killed. */
  PUBLISHER_KILL(true, false) {
    @Override
    void run(PlainStage stage, int victim, Random random) {
      stage.restart(victim);
    }
  },

  /** A node with clients only is killed. */
  VIEWER_KILL(false, false) {
    @Override
    void run(PlainStage stage, int victim, Random random) {
      stage.restart(victim);
    }
  },

  /** Redis is killed, and started again with all confirmed writes. */
  REDIS_KILL(false, true) {
    @Override
    void run(PlainStage stage, int victim, Random random) {
      stage.restartRedis(random.nextInt(400));
    }
  },

  /** Redis and a publishing node are killed. */
  BOTH_KILL(true, true) {
    @Override
    void run(PlainStage stage, int victim, Random random) {
      stage.restartBoth(victim, random.nextBoolean(), random.nextInt(400));
    }
  },

  /** Redis stands still, in half of the cases for longer than the nodes wait. */
  REDIS_FREEZE(false, true) {
    @Override
    void run(PlainStage stage, int victim, Random random) {
      stage.freezeRedis(200 + random.nextInt(3_500));
    }
  };

  private final boolean ofPublisher;
  private final boolean ofRedis;

  StateFault(boolean ofPublisher, boolean ofRedis) {
    this.ofPublisher = ofPublisher;
    this.ofRedis = ofRedis;
  }

  /**
   * Runs the fault.
   *
   * @param victim the node that the fault may hit
   */
  abstract void run(PlainStage stage, int victim, Random random);

  /** Whether the fault takes away a publishing node. */
  boolean isOfPublisher() {
    return ofPublisher;
  }

  /** Whether nodes may miss published events. */
  boolean isOfRedis() {
    return ofRedis;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
