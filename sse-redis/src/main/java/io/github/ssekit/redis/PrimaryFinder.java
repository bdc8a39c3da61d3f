package io.github.ssekit.redis;

import java.util.function.Function;

/** Finds the primary anew for every connection, because it may have moved. Thread-safe. */
interface PrimaryFinder {
  /**
   * Connects to the primary.
   *
   * @param dial makes a connection to an address
   * @throws RedisFailure if nobody knows the primary, or it can't be reached
   */
  RedisConnection connect(Function<RedisAddress, RedisConnection> dial);

  /**
   * Checks that the server at the other end still is the primary.
   *
   * @throws RedisFailure.Refused if it is not, with an error like a server's
   */
  void check(RedisConnection connection);

  /** Finds a primary that never moves: any server at the address. */
  static PrimaryFinder at(RedisAddress address) {
    return new PrimaryFinder() {
      @Override
      public RedisConnection connect(Function<RedisAddress, RedisConnection> dial) {
        return dial.apply(address);
      }

      @Override
      public void check(RedisConnection connection) {
        // Any server at this address is the primary.
      }
    };
  }
}
