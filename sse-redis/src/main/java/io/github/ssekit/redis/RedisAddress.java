package io.github.ssekit.redis;

/**
 * Where a Redis server, a Sentinel or a cluster node listens.
 *
 * @param host a name or an address, without brackets
 */
record RedisAddress(String host, int port) {
  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
