package io.github.ssekit.redis;

/**
 * The address of a Redis server, a Sentinel or a cluster node.
 *
 * @param host a name or an address, without brackets
 */
record RedisAddress(String host, int port) {
  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
