package io.github.ssekit.redis;

import java.util.function.Function;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.exceptions.JedisDataException;

/** Where the primary is: found out anew for every connection, since it may have moved. */
interface Primary {
  /**
   * Connects to it.
   *
   * @param dial makes a connection to an address
   * @throws redis.clients.jedis.exceptions.JedisException if nobody knows where it is, or if it is
   *     not there
   */
  Wire connect(Function<HostAndPort, Wire> dial);

  /**
   * Whether the other end still is what it was when it was connected to.
   *
   * @throws JedisDataException of the kind that a server itself throws, if not
   */
  void check(Wire wire);

  /** An address that is always right. */
  static Primary at(HostAndPort address) {
    return new Primary() {
      @Override
      public Wire connect(Function<HostAndPort, Wire> dial) {
        return dial.apply(address);
      }

      @Override
      public void check(Wire wire) {
        // Whatever is there is what was asked for.
      }
    };
  }
}
