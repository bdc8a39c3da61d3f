package io.github.ssekit.faults;

import java.util.Locale;
import java.util.Random;

/** Faults while answers run. Each returns when the broken part can work again. */
enum AnswerFault {
  /** The node of a producer is killed. */
  PRODUCER_KILL(true) {
    @Override
    void run(PlainStage stage, int victim, Random random) {
      stage.restart(victim);
    }
  },

  /** The node of a producer stands still for longer than a lease, and then goes on. */
  PRODUCER_FREEZE(true) {
    @Override
    void run(PlainStage stage, int victim, Random random) {
      stage.freeze(victim, AnswerRun.SHORT_LEASE_MILLIS + 1_000 + random.nextInt(500));
    }
  },

  /** A node with viewers and without a producer is killed. */
  VIEWER_KILL(false) {
    @Override
    void run(PlainStage stage, int victim, Random random) {
      stage.restart(victim);
    }
  },

  /** Redis is killed, and started again with all confirmed writes. */
  REDIS_KILL(false) {
    @Override
    void run(PlainStage stage, int victim, Random random) {
      stage.restartRedis(random.nextInt(400));
    }
  },

  /** Redis and the node of a producer are killed. */
  BOTH_KILL(true) {
    @Override
    void run(PlainStage stage, int victim, Random random) {
      stage.restartBoth(victim, random.nextBoolean(), random.nextInt(400));
    }
  };

  private final boolean ofProducer;

  AnswerFault(boolean ofProducer) {
    this.ofProducer = ofProducer;
  }

  /**
   * Runs the fault.
   *
   * @param victim the node that the fault may hit
   */
  abstract void run(PlainStage stage, int victim, Random random);

  /** Whether the fault takes away a node with a producer. */
  boolean isOfProducer() {
    return ofProducer;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
