package io.github.ssekit.faults;

import java.util.Locale;
import java.util.Random;

/** What can go wrong while states change. Each returns when what was broken can work again. */
enum StateFault {
  /** A node is killed that publishes. */
  PUBLISHER_KILL(true, false) {
    @Override
    void run(PlainStage stage, int victim, Random random) {
      stage.restart(victim);
    }
  },

  /** A node is killed that only has clients. */
  VIEWER_KILL(false, false) {
    @Override
    void run(PlainStage stage, int victim, Random random) {
      stage.restart(victim);
    }
  },

  /** Redis is killed, and started again with all that it has confirmed. */
  REDIS_KILL(false, true) {
    @Override
    void run(PlainStage stage, int victim, Random random) {
      stage.restartRedis(random.nextInt(400));
    }
  },

  /** Redis and a node that publishes are killed. */
  BOTH_KILL(true, true) {
    @Override
    void run(PlainStage stage, int victim, Random random) {
      stage.restartBoth(victim, random.nextBoolean(), random.nextInt(400));
    }
  },

  /** Redis stands still, in half of the cases for longer than its nodes wait. */
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
   * Does the fault.
   *
   * @param victim the node that it may befall
   */
  abstract void run(PlainStage stage, int victim, Random random);

  /** Whether it takes away a node that publishes. */
  boolean isOfPublisher() {
    return ofPublisher;
  }

  /** Whether nodes may miss what is published. */
  boolean isOfRedis() {
    return ofRedis;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
